// SPDX-License-Identifier: LGPL-2.1-or-later
// Phase, conditions and their times; see status.h. What is known of a run is in status-run.c.
#include "manager/status.h"

#include "api/condition.h"
#include "manager/private.h"

gboolean status_is_final(ApiVmiPhase phase)
{
    return phase == API_VMI_PHASE_SUCCEEDED || phase == API_VMI_PHASE_FAILED;
}

static void replace(char **member, const char *text)
{
    if (g_strcmp0(*member, text) == 0)
        return;
    g_free(*member);
    *member = g_strdup(text);
}

void status_set_condition(GPtrArray **conditions, const char *type, const ApiCondition *value,
                          gint64 now_usec)
{
    ApiCondition *condition = api_condition_find(*conditions, type);

    if (!condition) {
        condition = api_condition_new();
        condition->type = g_strdup(type);
        if (!*conditions)
            *conditions = api_list_new(&api_condition_type);
        g_ptr_array_add(*conditions, condition);
    }
    if (g_strcmp0(condition->status, value->status) != 0) {
        g_free(condition->last_transition_time);
        condition->last_transition_time = manager_format_time(now_usec);
    }
    replace(&condition->status, value->status);
    replace(&condition->reason, value->reason);
    replace(&condition->message, value->message);
}

void status_remove_condition(GPtrArray *conditions, const char *type)
{
    ApiCondition *condition = api_condition_find(conditions, type);

    if (condition)
        g_ptr_array_remove(conditions, condition);
}

static void set_ready(ApiVmiStatus *status, gint64 now_usec)
{
    ApiCondition ready = { .status = (char *)"True" };

    if (status->phase != API_VMI_PHASE_RUNNING) {
        ready =
            (ApiCondition){ .status = (char *)"False",
                            .reason = status->reason ? status->reason : (char *)"GuestNotRunning",
                            .message = status->message ? status->message
                                                       : (char *)"the guest is not running" };
    } else if (api_condition_find(status->conditions, "Paused")) {
        ready = (ApiCondition){ .status = (char *)"False",
                                .reason = (char *)"Paused",
                                .message = (char *)"the guest is paused" };
    }
    status_set_condition(&status->conditions, "Ready", &ready, now_usec);
}

static void add_transition(ApiVmiStatus *status, ApiVmiPhase phase, gint64 now_usec)
{
    ApiPhaseTransition *transition = api_phase_transition_new();

    transition->phase = g_strdup(api_enum_to_string(&api_vmi_phase_values, (int)phase));
    transition->phase_transition_timestamp = manager_format_time(now_usec);
    if (!status->phase_transition_timestamps)
        status->phase_transition_timestamps = api_list_new(&api_phase_transition_type);
    g_ptr_array_add(status->phase_transition_timestamps, transition);
}

static void forget_conditions(GPtrArray *conditions)
{
    for (guint i = conditions ? conditions->len : 0; i > 0; i--) {
        const ApiCondition *condition = g_ptr_array_index(conditions, i - 1);

        if (!g_str_has_prefix(condition->type, STORAGE_CONDITION "/"))
            g_ptr_array_remove_index(conditions, i - 1);
    }
}

void status_set_phase(ApiVirtualMachineInstance *vmi, ApiVmiPhase phase, const char *reason,
                      const char *message, gint64 now_usec)
{
    ApiVmiStatus *status = vmi->status;

    if (status->phase != phase) {
        if (phase == API_VMI_PHASE_PENDING) {
            g_clear_pointer(&status->phase_transition_timestamps, g_ptr_array_unref);
            forget_conditions(status->conditions);
        }
        add_transition(status, phase, now_usec);
        status->phase = phase;
    }
    replace(&status->reason, reason);
    replace(&status->message, message);
    set_ready(status, now_usec);
}

void status_set_paused(ApiVirtualMachineInstance *vmi, const char *reason, const char *message,
                       gint64 now_usec)
{
    const ApiCondition value = { .status = (char *)"True",
                                 .reason = (char *)reason,
                                 .message = (char *)message };
    ApiVmiStatus *status = vmi->status;

    if (reason)
        status_set_condition(&status->conditions, "Paused", &value, now_usec);
    else
        status_remove_condition(status->conditions, "Paused");
    set_ready(status, now_usec);
}

const ApiCondition *status_paused(const ApiVirtualMachineInstance *vmi)
{
    return api_condition_find(vmi->status->conditions, "Paused");
}
