// SPDX-License-Identifier: LGPL-2.1-or-later
// The steps of runs/machine.h, each a call of guest/ or storage/ in the lane of its run, and what comes before and after it on the main
// thread. A Run stays as long as a step of it is under way.
#include "base/error.h"
#include "runs/facts.h"
#include "runs/runs-private.h"

// What a worker gets. Nothing of it changes.
typedef struct {
    GuestHost *host;
    const RunsConfig *config;
    WorkerPool *lanes;
    Run *run;              // for the main thread only
    const RunInput *input; // the run's, or NULL
    char *namespace, *name, *domain_uuid, *scope, *target;
    guint32 uid;
    GArray *dedicated_cpus, *shared_cpus; // guint
    GPtrArray *targets_in_use;            // char *, ends with NULL
    RunPlug *plug;
    gboolean resume;
} Step;

static void step_free(gpointer data)
{
    Step *self = data;

    g_free(self->namespace);
    g_free(self->name);
    g_free(self->domain_uuid);
    g_free(self->scope);
    g_free(self->target);
    g_clear_pointer(&self->dedicated_cpus, g_array_unref);
    g_clear_pointer(&self->shared_cpus, g_array_unref);
    g_clear_pointer(&self->targets_in_use, g_ptr_array_unref);
    api_run_plug_free(self->plug);
    g_free(self);
}

static Step *step_new(Run *run)
{
    const Runs *runs = run->runs;
    const RunRecord *record = run->record;
    Step *self = g_new0(Step, 1);

    self->host = runs->host;
    self->config = &runs->config;
    self->lanes = runs->lanes;
    self->run = run;
    self->input = run->input;
    self->namespace = g_strdup(record->owner->namespace);
    self->name = g_strdup(record->owner->name);
    self->domain_uuid = g_strdup(record->domain_uuid);
    self->scope = g_strdup(record->scope);
    self->uid = reserve_user(record->holds);
    return self;
}

static StorageRequest storage_request(const Step *self)
{
    return (StorageRequest){
        .config = self->config->storage,
        .vmi = self->input->vmi,
        .claims = self->input->claims,
        .secrets = self->input->secrets,
        .uid = self->uid,
        .gid = self->uid,
    };
}

static GuestStartRequest guest_request(const Step *self, const StorageRequest *storage)
{
    return (GuestStartRequest){
        .host = self->host,
        .storage = storage,
        .dedicated_cpus = self->dedicated_cpus,
        .shared_cpus = self->shared_cpus,
        .forward_address = self->config->forward_address,
        .host_ports = self->input->host_ports,
        .register_machine = self->config->register_machines,
    };
}

static void push(Run *run, const WorkerTask *task, Step *step, GCancellable *cancellable)
{
    worker_pool_push(run->runs->lanes, task, step, cancellable, run);
}

static void answer(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    run_answer(user_data, NULL, FALSE, error);
}

// Of a step that failed before anything was done: an answer never comes from within its beginning.
typedef struct {
    Run *run;
    GError *error;
} Refusal;

static void refusal_free(gpointer data)
{
    Refusal *self = data;

    g_error_free(self->error);
    g_free(self);
}

static gboolean refuse(gpointer data)
{
    const Refusal *self = data;

    run_answer(self->run, NULL, FALSE, self->error);
    return G_SOURCE_REMOVE;
}

void steps_refuse(Run *run, const GError *error)
{
    Refusal *refusal = g_new0(Refusal, 1);

    refusal->run = run;
    refusal->error = g_error_copy(error);
    worker_pool_post(run->runs->lanes, refuse, refusal, refusal_free);
}

// ---- RESERVE ---------------------------------------------------------------------------------------------------

static void looks_free(gpointer looks)
{
    g_ptr_array_unref(looks);
}

static gpointer look_run(gpointer data, GCancellable *cancellable, GError **error)
{
    StorageRequest storage = storage_request(data);

    return storage_look(&storage, error);
}

// What is reserved belongs to the record only when all went well.
static void reserve_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Run *run = user_data;
    Runs *runs = run->runs;
    g_autoptr(GPtrArray) looks = result;
    g_autoptr(GPtrArray) holds = g_steal_pointer(&run->reserved);
    g_autoptr(ApiRunRecord) facts = looks ? facts_of_looks(looks) : NULL;
    g_autoptr(GError) failure = error ? g_error_copy(error) : NULL;

    if (!failure && runs->owner.accept(run, looks, runs->owner_data, &failure))
        facts->holds = g_steal_pointer(&holds);
    else
        reserve_give_back(runs->reserve, holds);
    run_answer(run, failure ? NULL : facts, FALSE, failure);
}

// Prepares and reserves now, and looks at the images in a worker.
static gboolean reserve(Run *run, GError **error)
{
    Runs *runs = run->runs;

    g_clear_pointer(&run->input, run_input_free);
    run->input = runs->owner.prepare(run, NULL, runs->owner_data, error);
    if (run->input)
        run->reserved = reserve_take(runs->reserve, run->input->vmi->spec, error);
    return run->reserved != NULL;
}

static void begin_reserve(Run *run)
{
    static const WorkerTask task = {
        .run = look_run,
        .done = reserve_done,
        .input_free = step_free,
        .result_free = looks_free,
    };
    g_autoptr(GError) error = NULL;
    Step *step = NULL;

    // It was put off, and the start was given up meanwhile.
    if (run->record->state != API_RUN_STATE_RESERVING)
        error = g_error_new(VMI_ERROR, VMI_ERROR_CANCELLED, "the start was given up, as asked");
    if (error || !reserve(run, &error)) {
        steps_refuse(run, error);
        return;
    }
    step = step_new(run);
    step->uid = reserve_user(run->reserved);
    push(run, &task, step, NULL);
}

// ---- START -----------------------------------------------------------------------------------------------------

typedef struct {
    Run *run;
    guint number, of;
    char *step;
} Progress;

static void progress_free(gpointer data)
{
    Progress *self = data;

    g_free(self->step);
    g_free(self);
}

static gboolean progress_show(gpointer data)
{
    const Progress *self = data;
    Runs *runs = self->run->runs;

    runs->owner.progress(self->run, self->step, self->number, self->of, runs->owner_data);
    return G_SOURCE_REMOVE;
}

static void report_progress(const char *text, guint number, guint of, gpointer user_data)
{
    const Step *step = user_data;
    Progress *progress = g_new0(Progress, 1);

    progress->run = step->run;
    progress->step = g_strdup(text);
    progress->number = number;
    progress->of = of;
    worker_pool_post(step->lanes, progress_show, progress, progress_free);
}

static gpointer start_run(gpointer data, GCancellable *cancellable, GError **error)
{
    Step *step = data;
    StorageRequest storage = storage_request(step);
    GuestStartRequest request = guest_request(step, &storage);

    return guest_start(&request, report_progress, step, cancellable, error);
}

static void start_next(Runs *runs);

static void start_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Run *run = user_data;
    Runs *runs = run->runs;
    g_autoptr(ApiRunRecord) facts = NULL;
    g_autoptr(GError) failure = error ? g_error_copy(error) : NULL;

    runs->starting--;
    start_next(runs);
    g_clear_object(&run->cancellable);
    g_clear_pointer(&run->input, run_input_free);
    guest_run_free(run->guest);
    run->guest = result;
    facts = result ? facts_of_started(result) : NULL;
    // Unless it was stopped just now: it is released then.
    if (!failure && run->record->state == API_RUN_STATE_STARTING)
        (void)!runs->owner.begin(run, runs->owner_data, &failure);
    run_answer(run, facts, FALSE, failure);
}

static void start_now(Run *run)
{
    static const WorkerTask task = {
        .run = start_run,
        .done = start_done,
        .input_free = step_free,
        .result_free = (GDestroyNotify)guest_run_free,
    };
    Step *step = step_new(run);

    step->dedicated_cpus = reserve_cpus(run->record->holds);
    step->shared_cpus = g_array_copy((GArray *)reserve_shared_cpus(run->runs->reserve));
    run->runs->starting++;
    push(run, &task, step, run->cancellable);
}

static void start_next(Runs *runs)
{
    if (runs->starting < runs->config.starts && !g_queue_is_empty(&runs->starts))
        start_now(g_queue_pop_head(&runs->starts));
}

// One whose turn did not come.
static void refuse_start(Run *run)
{
    g_autoptr(GError) error =
        g_error_new(VMI_ERROR, VMI_ERROR_CANCELLED, "the start was given up, as asked");

    g_clear_object(&run->cancellable);
    steps_refuse(run, error);
}

static void begin_start(Run *run)
{
    run->cancellable = g_cancellable_new();
    g_queue_push_tail(&run->runs->starts, run);
    start_next(run->runs);
}

// ---- PAUSE, RESUME, ASK ----------------------------------------------------------------------------------------

static gpointer pause_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;

    return GINT_TO_POINTER(guest_pause(step->host, step->domain_uuid, !step->resume, error));
}

static void begin_pause(Run *run)
{
    static const WorkerTask task = {
        .run = pause_run,
        .done = answer,
        .input_free = step_free,
    };
    Step *step = step_new(run);

    step->resume = run->record->step == API_RUN_STEP_RESUME;
    if (run->record->state == API_RUN_STATE_BEGINNING)
        run->runs->owner.progress(run, GUEST_LAST_STEP, GUEST_START_STEPS, GUEST_START_STEPS,
                                  run->runs->owner_data);
    push(run, &task, step, NULL);
}

// A paused guest cannot shut down.
static gpointer ask_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;

    return GINT_TO_POINTER(
        (!step->resume || guest_pause(step->host, step->domain_uuid, FALSE, error)) &&
        guest_shutdown(step->host, step->domain_uuid, GUEST_ASK_BUTTON, error));
}

// Beside the lane: it may take the agent a minute not to answer, in which the button is pressed again. Few guests have an agent.
static gpointer ask_agent_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;

    return GINT_TO_POINTER(guest_shutdown(step->host, step->domain_uuid, GUEST_ASK_AGENT, error));
}

static void ask_agent_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    const Step *step = data;
    Run *run = runs_lookup(user_data, step->namespace, step->name);

    // It may be another one by now: that is asked once more then.
    if (run)
        run->asking_agent = FALSE;
}

static void ask_agent(Run *run)
{
    static const WorkerTask task = {
        .run = ask_agent_run,
        .done = ask_agent_done,
        .input_free = step_free,
    };

    if (run->asking_agent)
        return;
    run->asking_agent = TRUE;
    worker_pool_push(run->runs->lanes, &task, step_new(run), NULL, run->runs);
}

static void begin_ask(Run *run)
{
    static const WorkerTask task = {
        .run = ask_run,
        .done = answer,
        .input_free = step_free,
    };
    Step *step = step_new(run);

    step->resume = run->record->paused != API_RUN_PAUSE_UNSET;
    push(run, &task, step, NULL);
    ask_agent(run);
}

// ---- PLUG, UNPLUG ----------------------------------------------------------------------------------------------

// The disk that the step is about.
static const RunPlug *plug_of_step(const Run *run)
{
    for (guint i = 0; i < run->record->plugs->len; i++) {
        const RunPlug *plug = g_ptr_array_index(run->record->plugs, i);

        if (plug->state == API_RUN_PLUG_STATE_PLUGGING ||
            plug->state == API_RUN_PLUG_STATE_UNPLUGGING)
            return plug;
    }
    return NULL;
}

static Step *plug_step_new(Run *run)
{
    Step *step = step_new(run);

    step->plug = api_run_plug_copy(plug_of_step(run));
    step->targets_in_use = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < run->guest->disks->len; i++)
        g_ptr_array_add(
            step->targets_in_use,
            g_strdup(((const DomainDiskPlan *)g_ptr_array_index(run->guest->disks, i))->target));
    g_ptr_array_add(step->targets_in_use, NULL);
    return step;
}

static gpointer plug_look_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;
    StorageRequest storage = storage_request(step);
    g_autoptr(GPtrArray) looks = g_ptr_array_new_with_free_func((GDestroyNotify)storage_look_free);
    StorageLook *look = NULL;

    if (!storage_look_one(&storage, step->input->volume, &look, error))
        return NULL;
    if (look)
        g_ptr_array_add(looks, look);
    return g_steal_pointer(&looks);
}

typedef struct {
    DomainDiskPlan *disk;
    char *place;
} Plugged;

static void plugged_free(gpointer data)
{
    Plugged *self = data;

    guest_disk_plan_free(self->disk);
    g_free(self->place);
    g_free(self);
}

// When the call fails QEMU may have the disk all the same, as libvirt could not write down that it has.
static gpointer plug_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;
    StorageRequest storage = storage_request(step);
    GuestStartRequest request = guest_request(step, &storage);
    const VolumeSource *source = storage_source_find(step->input->volume);
    Plugged *plugged = g_new0(Plugged, 1);

    if (guest_attach(&request, step->domain_uuid, (const char *const *)step->targets_in_use->pdata,
                     step->input->volume, step->plug->bus, step->plug->serial, &plugged->disk,
                     error)) {
        plugged->place = source ? source->describe(&storage, step->input->volume) : NULL;
        return plugged;
    }
    if (guest_has_disk(step->host, step->domain_uuid, step->plug->name))
        return plugged;
    plugged_free(plugged);
    return NULL;
}

static void plug_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Run *run = user_data;
    Plugged *plugged = result;
    gboolean has_disk = plugged != NULL;
    g_autoptr(ApiRunRecord) facts = NULL;

    g_clear_pointer(&run->input, run_input_free);
    if (plugged && plugged->disk) {
        facts = facts_of_disk(plugged->disk, plugged->place);
        g_ptr_array_add(run->guest->disks, g_steal_pointer(&plugged->disk));
    }
    if (plugged)
        plugged_free(plugged);
    run_answer(run, facts, has_disk, error);
}

static void plug_look_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    static const WorkerTask task = {
        .run = plug_run,
        .done = plug_done,
        .input_free = step_free,
        .result_free = plugged_free,
    };
    Run *run = user_data;
    Runs *runs = run->runs;
    g_autoptr(GPtrArray) looks = result;
    g_autoptr(GError) failure = error ? g_error_copy(error) : NULL;

    if (!failure && runs->owner.accept(run, looks, runs->owner_data, &failure)) {
        push(run, &task, plug_step_new(run), NULL);
        return;
    }
    g_clear_pointer(&run->input, run_input_free);
    run_answer(run, NULL, FALSE, failure);
}

static void begin_plug(Run *run)
{
    static const WorkerTask task = {
        .run = plug_look_run,
        .done = plug_look_done,
        .input_free = step_free,
        .result_free = looks_free,
    };
    Runs *runs = run->runs;
    g_autoptr(GError) error = NULL;

    run->input = runs->owner.prepare(run, plug_of_step(run), runs->owner_data, &error);
    if (run->input)
        push(run, &task, plug_step_new(run), NULL);
    else
        steps_refuse(run, error);
}

static gpointer unplug_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;

    return GINT_TO_POINTER(guest_detach(step->host, step->domain_uuid, step->plug->target, error) ||
                           guest_has_disk(step->host, step->domain_uuid, step->plug->name));
}

static void remove_disk(GuestRun *guest, const char *volume)
{
    for (guint i = 0; i < guest->disks->len; i++) {
        const DomainDiskPlan *disk = g_ptr_array_index(guest->disks, i);

        if (g_strcmp0(disk->volume, volume) == 0) {
            g_ptr_array_remove_index(guest->disks, i);
            return;
        }
    }
}

static void unplug_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Run *run = user_data;
    gboolean has_disk = error && result;

    if (!has_disk)
        remove_disk(run->guest, ((const Step *)data)->plug->name);
    run_answer(run, NULL, has_disk, error);
}

static void begin_unplug(Run *run)
{
    static const WorkerTask task = {
        .run = unplug_run,
        .done = unplug_done,
        .input_free = step_free,
    };

    push(run, &task, plug_step_new(run), NULL);
}

// ---- RELEASE ---------------------------------------------------------------------------------------------------

static gpointer release_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;

    return GINT_TO_POINTER(guest_release(step->host, step->config->storage, step->namespace,
                                         step->name, step->domain_uuid, error));
}

static void release_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Run *run = user_data;

    g_clear_pointer(&run->input, run_input_free);
    run_answer(run, NULL, FALSE, error);
}

static void begin_release(Run *run)
{
    static const WorkerTask task = {
        .run = release_run,
        .done = release_done,
        .input_free = step_free,
    };

    push(run, &task, step_new(run), NULL);
}

// ---- FORGET ----------------------------------------------------------------------------------------------------

static gpointer forget_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;

    return GINT_TO_POINTER(
        guest_forget_domain(step->host, step->namespace, step->name, step->domain_uuid, error));
}

static void begin_forget(Run *run)
{
    static const WorkerTask task = {
        .run = forget_run,
        .done = answer,
        .input_free = step_free,
    };

    push(run, &task, step_new(run), NULL);
}

// ---- KILL ------------------------------------------------------------------------------------------------------

static gpointer kill_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Step *step = data;

    return GINT_TO_POINTER(guest_kill(step->host, step->scope, step->domain_uuid, error));
}

static void kill_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Run *run = user_data;

    if (error) {
        g_clear_error(&run->error);
        run->error = g_error_copy(error);
    }
    run_dispatch(run, (RunEvent){ .kind = error ? RUN_EVENT_KILL_FAILED : RUN_EVENT_KILL_DONE,
                                  .detail = error ? error->message : NULL });
}

static gpointer give_up_run(gpointer data, GCancellable *cancellable, GError **error)
{
    return NULL;
}

// A start is undone by itself, whatever of a guest there is.
void steps_kill(Run *run)
{
    static const WorkerTask kill = {
        .run = kill_run,
        .done = kill_done,
        .input_free = step_free,
    };
    static const WorkerTask give_up = {
        .run = give_up_run,
        .done = kill_done,
        .input_free = step_free,
    };

    if (run->record->step == API_RUN_STEP_START && run->cancellable)
        g_cancellable_cancel(run->cancellable);
    if (g_queue_remove(&run->runs->starts, run))
        refuse_start(run);
    push(run, run->record->step == API_RUN_STEP_START ? &give_up : &kill, step_new(run), NULL);
}

// ---- all -------------------------------------------------------------------------------------------------------

static void (*const begin[])(Run *run) = {
    [API_RUN_STEP_RESERVE] = begin_reserve, [API_RUN_STEP_START] = begin_start,
    [API_RUN_STEP_PAUSE] = begin_pause,     [API_RUN_STEP_RESUME] = begin_pause,
    [API_RUN_STEP_PLUG] = begin_plug,       [API_RUN_STEP_UNPLUG] = begin_unplug,
    [API_RUN_STEP_ASK] = begin_ask,         [API_RUN_STEP_RELEASE] = begin_release,
    [API_RUN_STEP_FORGET] = begin_forget,
};

static gboolean may_begin(Run *run)
{
    Runs *runs = run->runs;

    switch (run->record->step) {
    case API_RUN_STEP_RESERVE:
        return runs->allowed;
    case API_RUN_STEP_RELEASE:
    case API_RUN_STEP_FORGET:
        return !runs->owner.is_unknown(run, runs->owner_data);
    default:
        return TRUE;
    }
}

void steps_begin(Run *run)
{
    run->deferred = !may_begin(run);
    if (!run->deferred)
        begin[run->record->step](run);
}

void steps_resume(Run *run)
{
    if (run->deferred)
        steps_begin(run);
}
