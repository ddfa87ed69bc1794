// SPDX-License-Identifier: LGPL-2.1-or-later
// org.example.Vmi1.Job: a long operation, from its method's reply to JobRemoved.
#include "bus/polkit.h"
#include "bus/service-internal.h"

static gpointer find(BusService *service, const char *path)
{
    guint id;

    return object_path_parse_job(path, &id) ? manager_job(service->manager, id) : NULL;
}

static char **enumerate(BusService *service)
{
    g_autoptr(GPtrArray) jobs = manager_jobs(service->manager);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (guint i = 0; i < jobs->len; i++)
        g_ptr_array_add(paths, object_path_of_job(manager_job_info(jobs->pdata[i]).id));
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_steal(paths, NULL);
}

static void details(const BusCall *call, GPtrArray *ret_details)
{
    ManagerJobInfo job = manager_job_info(call->object);
    const char *const pairs[] = { "job",       manager_job_type_to_string(job.type),
                                  "namespace", job.namespace,
                                  "name",      job.name };

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        g_ptr_array_add(ret_details, g_strdup(pairs[i]));
}

static gboolean run_cancel(BusCall *call, sd_bus_message *reply, GError **error)
{
    return manager_job_cancel(call->manager, call->object, error);
}

// A job's id is never given twice, so finding it again by its path is identity enough.
static const BusMethod methods[] = {
    { .member = "Cancel", .action = POLKIT_MANAGE, .details = details, .run = run_cancel },
    { 0 },
};

static int append_id(sd_bus_message *reply, BusService *service, gpointer object)
{
    return sd_bus_message_append(reply, "u", manager_job_info(object).id);
}

static int append_type(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, manager_job_type_to_string(manager_job_info(object).type));
}

static int append_object(sd_bus_message *reply, BusService *service, gpointer object)
{
    ManagerJobInfo job = manager_job_info(object);
    g_autofree char *path = object_path_of(BUS_INSTANCES, job.namespace, job.name);

    return sd_bus_message_append(reply, "o", path);
}

static int append_state(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, manager_job_state_to_string(manager_job_info(object).state));
}

static int append_step(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, manager_job_info(object).step);
}

static int append_step_number(sd_bus_message *reply, BusService *service, gpointer object)
{
    return sd_bus_message_append(reply, "u", manager_job_info(object).step_number);
}

static int append_step_total(sd_bus_message *reply, BusService *service, gpointer object)
{
    return sd_bus_message_append(reply, "u", manager_job_info(object).step_total);
}

static int append_warnings(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_texts(reply, manager_job_info(object).warnings);
}

static const BusProperty properties[] = {
    { "Id", append_id },
    { "Type", append_type },
    { "Object", append_object },
    { "State", append_state },
    { "Step", append_step },
    { "StepNumber", append_step_number },
    { "StepTotal", append_step_total },
    { "Warnings", append_warnings },
    { 0 },
};

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Cancel", NULL, NULL, method_dispatch, BUS_METHOD_FLAGS),
    BUS_CONST("Id", "u"),
    BUS_CONST("Type", "s"),
    BUS_CONST("Object", "o"),
    BUS_CHANGING("State", "s"),
    BUS_CHANGING("Step", "s"),
    BUS_CHANGING("StepNumber", "u"),
    BUS_CHANGING("StepTotal", "u"),
    BUS_CHANGING("Warnings", "as"),
    SD_BUS_VTABLE_END,
};

const BusInterface job_interface = {
    .name = BUS_NAME ".Job",
    .prefix = BUS_JOBS,
    .vtable = vtable,
    .methods = methods,
    .properties = properties,
    .noun = "job",
    .find = find,
    .enumerate = enumerate,
};
