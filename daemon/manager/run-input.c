// SPDX-License-Identifier: LGPL-2.1-or-later
// Inputs of workers that start guests; see run-input.h.
#include "manager/run-input.h"

#include "manager/instance.h"

RunInput *run_input_new(Instance *instance)
{
    Manager *manager = instance->manager;
    RunInput *self = g_new0(RunInput, 1);

    self->manager = manager;
    self->job_id = instance->public.job ? instance->public.job->id : 0;
    self->host = manager->host;
    self->storage = &manager->storage;
    self->vmi = instance_expand(instance);
    self->forward_address = manager->config->forward_address;
    self->register_machine = manager->config->register_machines;
    return self;
}

static GPtrArray *copy_host_ports(const GPtrArray *ports)
{
    GPtrArray *copy = api_list_new(&api_host_port_type);

    for (guint i = 0; ports && i < ports->len; i++)
        g_ptr_array_add(copy, api_host_port_copy(g_ptr_array_index(ports, i)));
    return copy;
}

void run_input_set_reserved(RunInput *self, const Instance *instance)
{
    self->uid = instance->uid;
    self->left = g_strdup(instance->left);
    self->dedicated_cpus =
        instance->cpus ? g_array_copy(instance->cpus) : g_array_new(FALSE, FALSE, sizeof(guint));
    self->host_ports = copy_host_ports(instance_vmi(instance)->status->host_ports);
    self->shared_cpus = g_array_copy((GArray *)cpu_pool_shared(instance->manager->cpus));
}

void run_input_free(gpointer data)
{
    RunInput *self = data;

    api_virtual_machine_instance_free(self->vmi);
    claims_resolved_clear(&self->resolved);
    g_free(self->left);
    g_clear_pointer(&self->dedicated_cpus, g_array_unref);
    g_clear_pointer(&self->shared_cpus, g_array_unref);
    g_clear_pointer(&self->host_ports, g_ptr_array_unref);
    g_free(self);
}

StorageRequest run_input_storage(const RunInput *self)
{
    return (StorageRequest){
        .config = self->storage,
        .vmi = self->vmi,
        .claims = self->resolved.claims,
        .secrets = self->resolved.secrets,
        .uid = self->uid,
        .gid = self->uid,
    };
}

GuestStartRequest run_input_guest(const RunInput *self, const StorageRequest *storage)
{
    return (GuestStartRequest){
        .host = self->host,
        .storage = storage,
        .dedicated_cpus = self->dedicated_cpus,
        .shared_cpus = self->shared_cpus,
        .forward_address = self->forward_address,
        .host_ports = self->host_ports,
        .register_machine = self->register_machine,
    };
}
