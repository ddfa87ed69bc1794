// SPDX-License-Identifier: LGPL-2.1-or-later
// The file of the kind that a test adds. A Note is Ready when the secret that it names is there, and what it owns goes with it.
#include "manager/kind.h"

#include "api/reference.h"
#include "manager/saving.h"

static ApiNote *note_of(const ApiObject *object)
{
    return object->data;
}

static void begin_status(const Manager *self, ApplyEntry *entry)
{
    note_of(entry->candidate)->status = entry->existing
                                            ? api_note_status_copy(note_of(entry->existing)->status)
                                            : api_note_status_new();
}

static gboolean has_secret(const Manager *self, const ApiObject *object)
{
    const char *name = api_reference_first(object->info->type, object->data, "Secret");

    return !name || objects_get(self->objects, api_kind_find("Secret"),
                                api_object_meta(object)->namespace, name);
}

static void reconcile(Manager *self, ApiObject *object)
{
    ApiNoteStatus *status = note_of(object)->status;
    ApiNotePhase phase = has_secret(self, object) ? API_NOTE_PHASE_READY : API_NOTE_PHASE_PENDING;

    if (status->phase == phase)
        return;
    status->phase = phase;
    g_free(status->reason);
    status->reason = g_strdup(phase == API_NOTE_PHASE_PENDING ? "SecretNotFound" : NULL);
    saving_save(self, object);
    manager_emit(self, object_changed, object);
}

static void describe(Manager *self, const ApiObject *object, ManagerRow *row)
{
    const ApiNoteStatus *status = note_of(object)->status;

    row->phase = api_enum_to_string(&api_note_phase_values, status->phase);
    row->reason = status->reason;
    kind_row_add(row, "text", note_of(object)->spec->text);
}

const Kind kind_note = {
    .name = "Note",
    .owns = TRUE,
    .begin_status = begin_status,
    .reconcile = reconcile,
    .describe = describe,
};
