// SPDX-License-Identifier: LGPL-2.1-or-later
// org.example.Vmi1.Manager: manifests in and out, lists. D-Bus types <-> one call into the manager;
// no logic.
#include "api/yaml.h"
#include "base/error.h"
#include "bus/object-row.h"
#include "bus/polkit.h"
#include "bus/service-internal.h"

#define DEFAULT_NAMESPACE "default"

// Of a row of ListJobs but for the object's path.
#define JOB_ROW_SIZE 128

static gpointer find(BusService *service, const char *path)
{
    return service->manager;
}

// ---- Apply ----

typedef struct {
    const char *manifest;
    ManagerApplyOptions options;
    ApiValidateContext context; // of when the call came: demand() is in a worker
} ApplyArguments;

static const WireArgument apply_options[] = {
    { "dry-run", 'b', offsetof(ApplyArguments, options.dry_run) },
    { "namespace", 's', offsetof(ApplyArguments, options.namespace), WIRE_LABEL_MAX },
    { 0 },
};

static const WireArgument apply_takes[] = {
    { "manifest", 's', offsetof(ApplyArguments, manifest), API_YAML_MAX_BYTES },
    { "options", 'a', .options = apply_options },
    { 0 },
};

static gboolean apply_check(BusCall *call, GError **error)
{
    ((ApplyArguments *)call->arguments)->context = manager_validate_context(call->manager);
    return TRUE;
}

static GPtrArray *apply_parse(const BusCall *call, GError **error)
{
    const ApplyArguments *arguments = call->arguments;

    return manager_parse(&arguments->context, "-", arguments->manifest, strlen(arguments->manifest),
                         error);
}

static void demand_host_paths(BusCall *call, const ApiObject *object, const char *namespace)
{
    const ApiVirtualMachineInstance *vmi = api_object_vmi(object);
    const GPtrArray *volumes = vmi && vmi->spec ? vmi->spec->volumes : NULL;

    for (guint i = 0; volumes && i < volumes->len; i++) {
        const ApiVolume *volume = volumes->pdata[i];
        const char *path = volume->host_disk ? volume->host_disk->path : NULL;
        const char *const details[] = { "kind",      object->info->kind,
                                        "namespace", namespace,
                                        "name",      api_object_meta(object)->name,
                                        "path",      path,
                                        NULL };

        if (path)
            method_demand(call, POLKIT_HOST_PATH, details);
    }
}

static void demand_object(BusCall *call, const ApiObject *object)
{
    const ApplyArguments *arguments = call->arguments;
    const char *namespace = manager_apply_namespace(object, &arguments->options);
    const char *const details[] = { "kind",      object->info->kind,
                                    "namespace", namespace ? namespace : "",
                                    "name",      api_object_meta(object)->name,
                                    NULL };

    method_demand(call, POLKIT_MANAGE, details);
    demand_host_paths(call, object, namespace);
}

static gboolean has_own(const GPtrArray *objects)
{
    for (guint i = 0; i < objects->len; i++)
        if (!api_object_is_companion(objects->pdata[i]))
            return TRUE;
    return FALSE;
}

static gboolean apply_demand(BusCall *call, GError **error)
{
    g_autoptr(GPtrArray) objects = apply_parse(call, error);

    gboolean skips = objects && has_own(objects);

    // What is passed over needs nobody's leave, unless there is nothing else to ask about.
    for (guint i = 0; objects && i < objects->len; i++)
        if (!skips || !api_object_is_companion(objects->pdata[i]))
            demand_object(call, objects->pdata[i]);
    return objects != NULL;
}

static int append_result(sd_bus_message *reply, const ManagerApplyResult *result)
{
    g_autofree char *job =
        result->job ? object_path_of_job(manager_job_info(result->job).id) : g_strdup("/");

    return sd_bus_message_append(reply, "(sssso)", result->kind, result->namespace, result->name,
                                 result->action, job);
}

static gboolean append_results(sd_bus_message *reply, gconstpointer result, GError **error)
{
    const GPtrArray *results = result;
    int r = sd_bus_message_open_container(reply, 'a', "(sssso)");

    for (guint i = 0; r >= 0 && i < results->len; i++)
        r = append_result(reply, results->pdata[i]);
    return wire_ok(r < 0 ? r : sd_bus_message_close_container(reply), error);
}

static void on_applied(const GPtrArray *results, const GError *error, gpointer user_data)
{
    method_answer(user_data, append_results, results, error);
}

static void apply_submit(BusCall *call)
{
    ApplyArguments *arguments = call->arguments;
    g_autoptr(GPtrArray) objects = NULL;
    g_autoptr(GError) error = NULL;

    arguments->context = manager_validate_context(call->manager);
    objects = apply_parse(call, &error);
    if (objects)
        manager_apply(call->manager, objects, &arguments->options, on_applied, call);
    else
        method_answer(call, append_results, NULL, error);
}

// ---- objects by kind and name ----

typedef struct {
    const char *kind, *namespace, *name;
    const char *format;
    const char *selector;
    const char *continue_from;
    guint32 limit;
    gboolean force;
    const ApiKindInfo *info;
    ApiFormat api_format;
} ObjectArguments;

#define TAKES_KIND \
    { \
        "kind", 's', offsetof(ObjectArguments, kind), WIRE_LABEL_MAX \
    }
#define TAKES_NAMESPACE \
    { \
        "namespace", 's', offsetof(ObjectArguments, namespace), WIRE_LABEL_MAX \
    }
#define TAKES_NAME \
    { \
        "name", 's', offsetof(ObjectArguments, name), WIRE_NAME_MAX \
    }
#define TAKES_FORMAT \
    { \
        "format", 's', offsetof(ObjectArguments, format), WIRE_WORD_MAX \
    }
#define TAKES_SELECTOR \
    { \
        "selector", 's', offsetof(ObjectArguments, selector), WIRE_SELECTOR_MAX \
    }

#define TAKES_CONTINUE \
    { \
        "continue", 's', offsetof(ObjectArguments, continue_from), API_POSITION_MAX \
    }
#define TAKES_LIMIT \
    { \
        "limit", 'u', offsetof(ObjectArguments, limit) \
    }

static void object_details(const BusCall *call, GPtrArray *ret_details)
{
    const ObjectArguments *arguments = call->arguments;
    const char *const pairs[] = { "kind",      arguments->info ? arguments->info->kind : "",
                                  "namespace", arguments->namespace ? arguments->namespace : "",
                                  "name",      arguments->name ? arguments->name : "" };

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        g_ptr_array_add(ret_details, g_strdup(pairs[i]));
}

static gboolean find_kind(ObjectArguments *arguments, GError **error)
{
    arguments->info = api_kind_find(arguments->kind);
    if (arguments->info)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "there is no kind \"%s\"", arguments->kind);
    return FALSE;
}

// An object of a namespaced kind that is named without a namespace is in the default one.
static void complete_namespace(ObjectArguments *arguments)
{
    if (!arguments->info->namespaced)
        arguments->namespace = NULL;
    else if (!*arguments->namespace)
        arguments->namespace = DEFAULT_NAMESPACE;
}

static const ApiObject *named_object(const BusCall *call)
{
    const ObjectArguments *arguments = call->arguments;

    return manager_get(call->manager, arguments->info, arguments->namespace, arguments->name);
}

static gboolean refuse_missing(const BusCall *call, GError **error)
{
    const ObjectArguments *arguments = call->arguments;

    return manager_refuse_missing(call->manager, arguments->info, arguments->namespace,
                                  arguments->name, error);
}

// ---- Get ----

static gboolean read_format(ObjectArguments *arguments, GError **error)
{
    static const struct {
        const char *name;
        ApiFormat format;
    } formats[] = { { "yaml", API_FORMAT_YAML }, { "json", API_FORMAT_JSON } };

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_str_equal(formats[i].name, arguments->format)) {
            arguments->api_format = formats[i].format;
            return TRUE;
        }
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "there is no format \"%s\"; use \"yaml\" or \"json\"", arguments->format);
    return FALSE;
}

static const WireArgument get_takes[] = {
    TAKES_KIND, TAKES_NAMESPACE, TAKES_NAME, TAKES_FORMAT, { 0 },
};

static gboolean get_check(BusCall *call, GError **error)
{
    ObjectArguments *arguments = call->arguments;

    if (!find_kind(arguments, error) || !read_format(arguments, error))
        return FALSE;
    if (*arguments->name)
        complete_namespace(arguments);
    return TRUE;
}

// Secrets are printed with their data, so reading them is an action of its own.
static gboolean get_demand(BusCall *call, GError **error)
{
    const ObjectArguments *arguments = call->arguments;
    g_autoptr(GPtrArray) details = g_ptr_array_new_with_free_func(g_free);

    if (!g_str_equal(arguments->info->kind, "Secret"))
        return TRUE;
    object_details(call, details);
    g_ptr_array_add(details, NULL);
    method_demand(call, POLKIT_READ_SECRETS, (const char *const *)details->pdata);
    return TRUE;
}

static gboolean set_too_large(const char *paged, GError **error)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                "the answer has more than %d MiB; call %s of " BUS_NAME
                ".Manager, which gives it in parts",
                WIRE_ANSWER_MAX >> 20, paged);
    return FALSE;
}

static char *print_all(BusCall *call, GError **error)
{
    const ObjectArguments *arguments = call->arguments;
    g_autoptr(GPtrArray) objects =
        manager_list(call->manager, arguments->info, arguments->namespace, NULL, error);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; objects && i < objects->len; i++) {
        g_autofree char *text = api_object_print(objects->pdata[i], arguments->api_format);

        api_list_add_printed(list, text, arguments->api_format);
        if (list->len > WIRE_ANSWER_MAX) {
            set_too_large("GetPage", error);
            return NULL;
        }
    }
    api_list_end_printed(list, arguments->api_format);
    return objects ? g_string_free(g_steal_pointer(&list), FALSE) : NULL;
}

// Objects that may be applied fit (API_OBJECT_MAX_BYTES); older ones may not.
static char *print_object(const BusCall *call, const ApiObject *object, GError **error)
{
    const ObjectArguments *arguments = call->arguments;
    g_autofree char *text = api_object_print(object, arguments->api_format);

    if (strlen(text) <= WIRE_ANSWER_MAX)
        return g_steal_pointer(&text);
    g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                "%s \"%s\" has %" G_GSIZE_FORMAT " bytes as %s; at most %d MiB can be answered",
                object->info->kind, api_object_meta(object)->name, strlen(text), arguments->format,
                WIRE_ANSWER_MAX >> 20);
    return NULL;
}

static gboolean get_run(BusCall *call, sd_bus_message *reply, GError **error)
{
    const ObjectArguments *arguments = call->arguments;
    const ApiObject *object = *arguments->name ? named_object(call) : NULL;
    g_autofree char *text = NULL;

    if (*arguments->name && !object)
        return refuse_missing(call, error);
    text = object ? print_object(call, object, error) : print_all(call, error);
    return text && wire_ok(sd_bus_message_append_basic(reply, 's', text), error);
}

// ---- GetPage, ListPage: part of a list, and where it goes on ----

// *RET_POSITION: without a text when the list is to begin at its beginning.
static gboolean read_position(const ObjectArguments *arguments, ApiPosition *ret_position,
                              GError **error)
{
    if (!arguments->continue_from || !*arguments->continue_from ||
        api_position_parse(arguments->continue_from, ret_position))
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "\"%s\" does not say where to continue; give what the last answer said, or \"\"",
                arguments->continue_from);
    return FALSE;
}

static GPtrArray *list_page(const BusCall *call, GError **error)
{
    const ObjectArguments *arguments = call->arguments;
    g_auto(ApiPosition) after = { NULL };

    if (!read_position(arguments, &after, error))
        return NULL;
    return manager_list_after(call->manager, arguments->info, arguments->namespace,
                              arguments->selector, after.text ? &after : NULL, error);
}

static guint page_limit(const ObjectArguments *arguments)
{
    return arguments->limit > 0 ? arguments->limit : G_MAXUINT;
}

// COUNT of the OBJECTS were answered.
static int append_position(sd_bus_message *reply, const GPtrArray *objects, guint count)
{
    g_autofree char *position =
        count > 0 && count < objects->len ? api_position_format(objects->pdata[count - 1]) : NULL;

    return wire_append_text(reply, position);
}

static const WireArgument get_page_takes[] = {
    TAKES_KIND, TAKES_NAMESPACE, TAKES_SELECTOR, TAKES_FORMAT, TAKES_CONTINUE, TAKES_LIMIT, { 0 },
};

static gboolean get_page_check(BusCall *call, GError **error)
{
    ObjectArguments *arguments = call->arguments;

    g_auto(ApiPosition) after = { NULL };

    return find_kind(arguments, error) && read_format(arguments, error) &&
           read_position(arguments, &after, error);
}

static gboolean get_page_run(BusCall *call, sd_bus_message *reply, GError **error)
{
    const ObjectArguments *arguments = call->arguments;
    g_autoptr(GPtrArray) objects = list_page(call, error);
    gsize bytes = 0;
    guint count = 0;
    int r = objects ? sd_bus_message_open_container(reply, 'a', "s") : 0;

    if (!objects)
        return FALSE;
    for (; r >= 0 && count < MIN(objects->len, page_limit(arguments)); count++) {
        g_autofree char *text = print_object(call, objects->pdata[count], error);

        if (!text)
            return FALSE;
        bytes += strlen(text) + WIRE_PAIR_SIZE;
        if (count > 0 && bytes > WIRE_ANSWER_MAX)
            break;
        r = sd_bus_message_append_basic(reply, 's', text);
    }
    if (r >= 0)
        r = sd_bus_message_close_container(reply);
    return wire_ok(r < 0 ? r : append_position(reply, objects, count), error);
}

// ---- List, GetInstance, ListJobs: open to everyone ----

static const WireArgument list_takes[] = { TAKES_KIND, TAKES_NAMESPACE, TAKES_SELECTOR, { 0 } };

static gboolean list_check(BusCall *call, GError **error)
{
    ObjectArguments *arguments = call->arguments;

    return !*arguments->kind || find_kind(arguments, error);
}

// The first of OBJECTS, at most LIMIT and as many as fit; *RET_COUNT is how many.
static int append_rows(const BusCall *call, sd_bus_message *reply, const GPtrArray *objects,
                       guint limit, guint *ret_count)
{
    int r = sd_bus_message_open_container(reply, 'a', OBJECT_ROW_SIGNATURE);
    gsize bytes = 0;
    guint count = 0;

    for (; r >= 0 && count < MIN(objects->len, limit) && bytes <= WIRE_ANSWER_MAX; count++)
        r = object_row_append(reply, call->service, objects->pdata[count], &bytes);
    *ret_count = count;
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static gboolean list_run(BusCall *call, sd_bus_message *reply, GError **error)
{
    g_autoptr(GPtrArray) objects = list_page(call, error);
    guint count = 0;

    if (!objects || !wire_ok(append_rows(call, reply, objects, G_MAXUINT, &count), error))
        return FALSE;
    return count == objects->len || set_too_large("ListPage", error);
}

static const WireArgument list_page_takes[] = {
    TAKES_KIND, TAKES_NAMESPACE, TAKES_SELECTOR, TAKES_CONTINUE, TAKES_LIMIT, { 0 },
};

static gboolean list_page_check(BusCall *call, GError **error)
{
    g_auto(ApiPosition) after = { NULL };

    return list_check(call, error) && read_position(call->arguments, &after, error);
}

static gboolean list_page_run(BusCall *call, sd_bus_message *reply, GError **error)
{
    g_autoptr(GPtrArray) objects = list_page(call, error);
    guint count = 0;
    int r;

    if (!objects)
        return FALSE;
    r = append_rows(call, reply, objects, page_limit(call->arguments), &count);
    return wire_ok(r < 0 ? r : append_position(reply, objects, count), error);
}

static const WireArgument instance_takes[] = { TAKES_NAMESPACE, TAKES_NAME, { 0 } };

static gboolean instance_check(BusCall *call, GError **error)
{
    ObjectArguments *arguments = call->arguments;

    arguments->kind = "VirtualMachineInstance";
    if (!find_kind(arguments, error))
        return FALSE;
    complete_namespace(arguments);
    return TRUE;
}

static gboolean instance_run(BusCall *call, sd_bus_message *reply, GError **error)
{
    const ObjectArguments *arguments = call->arguments;
    g_autofree char *path = NULL;

    if (!manager_instance(call->manager, arguments->namespace, arguments->name))
        return refuse_missing(call, error);
    path = object_path_of(BUS_INSTANCES, arguments->namespace, arguments->name);
    return wire_ok(sd_bus_message_append(reply, "o", path), error);
}

static gboolean jobs_run(BusCall *call, sd_bus_message *reply, GError **error)
{
    g_autoptr(GPtrArray) jobs = manager_jobs(call->manager);
    int r = sd_bus_message_open_container(reply, 'a', "(usoso)");
    gsize bytes = 0;

    for (guint i = 0; r >= 0 && i < jobs->len; i++) {
        ManagerJobInfo job = manager_job_info(jobs->pdata[i]);
        g_autofree char *object = object_path_of(BUS_INSTANCES, job.namespace, job.name);
        g_autofree char *path = object_path_of_job(job.id);

        r = sd_bus_message_append(reply, "(usoso)", job.id, manager_job_type_to_string(job.type),
                                  object, manager_job_state_to_string(job.state), path);
        bytes += strlen(object) + JOB_ROW_SIZE;
    }
    if (bytes > WIRE_ANSWER_MAX) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                    "there are %u jobs, more than an answer can hold; wait for some to end",
                    jobs->len);
        return FALSE;
    }
    return wire_ok(r < 0 ? r : sd_bus_message_close_container(reply), error);
}

// ---- Delete ----

static const WireArgument delete_options[] = {
    { "force", 'b', offsetof(ObjectArguments, force) },
    { 0 },
};

static const WireArgument delete_takes[] = {
    TAKES_KIND, TAKES_NAMESPACE, TAKES_NAME, { "options", 'a', .options = delete_options }, { 0 },
};

static gboolean delete_check(BusCall *call, GError **error)
{
    ObjectArguments *arguments = call->arguments;

    if (!find_kind(arguments, error))
        return FALSE;
    complete_namespace(arguments);
    return TRUE;
}

static const char *delete_identity(const BusCall *call)
{
    const ApiObject *object = named_object(call);

    return object ? api_object_meta(object)->uid : NULL;
}

static gboolean append_job(sd_bus_message *reply, gconstpointer job, GError **error)
{
    g_autofree char *path = job ? object_path_of_job(manager_job_info(job).id) : g_strdup("/");

    return wire_ok(sd_bus_message_append(reply, "o", path), error);
}

static void on_deleted(ManagerJob *job, const GError *error, gpointer user_data)
{
    method_answer(user_data, append_job, job, error);
}

static void delete_submit(BusCall *call)
{
    const ObjectArguments *arguments = call->arguments;

    manager_delete(call->manager, arguments->info, arguments->namespace, arguments->name,
                   arguments->force, on_deleted, call);
}

static const BusMethod methods[] = {
    {
        .member = "Apply",
        .action = POLKIT_MANAGE,
        .arguments_size = sizeof(ApplyArguments),
        .takes = apply_takes,
        .check = apply_check,
        .demand = apply_demand,
        .submit = apply_submit,
    },
    {
        .member = "Get",
        .action = POLKIT_INSPECT,
        .arguments_size = sizeof(ObjectArguments),
        .takes = get_takes,
        .check = get_check,
        .details = object_details,
        .demand = get_demand,
        .run = get_run,
    },
    {
        .member = "List",
        .arguments_size = sizeof(ObjectArguments),
        .takes = list_takes,
        .check = list_check,
        .run = list_run,
    },
    {
        .member = "GetPage",
        .action = POLKIT_INSPECT,
        .arguments_size = sizeof(ObjectArguments),
        .takes = get_page_takes,
        .check = get_page_check,
        .details = object_details,
        .demand = get_demand,
        .run = get_page_run,
    },
    {
        .member = "ListPage",
        .arguments_size = sizeof(ObjectArguments),
        .takes = list_page_takes,
        .check = list_page_check,
        .run = list_page_run,
    },
    {
        .member = "Delete",
        .action = POLKIT_MANAGE,
        .arguments_size = sizeof(ObjectArguments),
        .takes = delete_takes,
        .check = delete_check,
        .details = object_details,
        .identity = delete_identity,
        .submit = delete_submit,
    },
    {
        .member = "GetInstance",
        .arguments_size = sizeof(ObjectArguments),
        .takes = instance_takes,
        .check = instance_check,
        .run = instance_run,
    },
    { .member = "ListJobs", .run = jobs_run },
    { 0 },
};

// ---- properties ----

static int append_version(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, VMI_VERSION);
}

static int append_state(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, manager_state(service->manager));
}

static int append_problems(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_texts(reply, manager_problems(service->manager));
}

static int append_objects(sd_bus_message *reply, BusService *service, gpointer object)
{
    g_autoptr(GPtrArray) objects = manager_list(service->manager, NULL, NULL, NULL, NULL);

    return sd_bus_message_append(reply, "u", objects ? objects->len : 0);
}

static const BusProperty properties[] = {
    { "Version", append_version },
    { "State", append_state },
    { "Problems", append_problems },
    { "Objects", append_objects },
    { 0 },
};

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("Apply", SD_BUS_ARGS("s", manifest, "a{sv}", options),
                            SD_BUS_RESULT("a(sssso)", results), method_dispatch,
                            BUS_METHOD_FLAGS | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("Get", SD_BUS_ARGS("s", kind, "s", namespace, "s", name, "s", format),
                            SD_BUS_RESULT("s", manifest), method_dispatch,
                            BUS_METHOD_FLAGS | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("s", kind, "s", namespace, "s", selector),
                            SD_BUS_RESULT("a" OBJECT_ROW_SIGNATURE, objects), method_dispatch,
                            BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("GetPage",
                            SD_BUS_ARGS("s", kind, "s", namespace, "s", selector, "s", format, "s",
                                        continue, "u", limit),
                            SD_BUS_RESULT("as", manifests, "s", continue), method_dispatch,
                            BUS_METHOD_FLAGS | SD_BUS_VTABLE_SENSITIVE),
    SD_BUS_METHOD_WITH_ARGS(
        "ListPage",
        SD_BUS_ARGS("s", kind, "s", namespace, "s", selector, "s", continue, "u", limit),
        SD_BUS_RESULT("a" OBJECT_ROW_SIGNATURE, objects, "s", continue), method_dispatch,
        BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("Delete",
                            SD_BUS_ARGS("s", kind, "s", namespace, "s", name, "a{sv}", options),
                            SD_BUS_RESULT("o", job), method_dispatch, BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("GetInstance", SD_BUS_ARGS("s", namespace, "s", name),
                            SD_BUS_RESULT("o", instance), method_dispatch, BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("ListJobs", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(usoso)", jobs),
                            method_dispatch, BUS_METHOD_FLAGS),
    SD_BUS_SIGNAL_WITH_ARGS("JobNew", SD_BUS_ARGS("u", id, "o", job, "o", object), 0),
    SD_BUS_SIGNAL_WITH_ARGS(
        "JobRemoved",
        SD_BUS_ARGS("u", id, "o", job, "o", object, "s", result, "s", error_name, "s", message), 0),
    SD_BUS_SIGNAL_WITH_ARGS(
        "ObjectChanged", SD_BUS_ARGS("s", kind, "s", namespace, "s", name, "s", uid, "s", change),
        0),
    BUS_CONST("Version", "s"),
    BUS_CHANGING("State", "s"),
    BUS_CHANGING("Problems", "as"),
    BUS_SILENT("Objects", "u"),
    SD_BUS_VTABLE_END,
};

const BusInterface manager_interface = {
    .name = BUS_NAME ".Manager",
    .prefix = BUS_ROOT,
    .single = TRUE,
    .vtable = vtable,
    .methods = methods,
    .properties = properties,
    .noun = "manager",
    .find = find,
};
