// SPDX-License-Identifier: LGPL-2.1-or-later
// May this object be applied, and what would it become? See apply.h. Changes nothing.
#include "manager/apply.h"

#include "api/merge.h"
#include "api/validate.h"
#include "base/error.h"
#include "manager/kind.h"
#include "manager/quota.h"
#include "manager/unread.h"
#include "objects/object.h"

void apply_entry_free(ApplyEntry *self)
{
    if (!self)
        return;
    api_object_free(self->candidate);
    g_free(self);
}

// ---- the candidate ---------------------------------------------------------------------------------------------

const char *manager_apply_namespace(const ApiObject *object, const ManagerApplyOptions *options)
{
    const char *own = api_object_meta(object)->namespace;

    if (!object->info->namespaced)
        return NULL;
    return own && *own ? own : object_namespace_or_default(options->namespace);
}

// What the manifest says, without what only vmid may say.
static ApiObject *make_candidate(const ApiObject *object, const ManagerApplyOptions *options)
{
    const Kind *kind = kind_of(object->info);
    ApiObject *candidate = api_object_copy(object);
    ApiObjectMeta *meta = api_object_meta(candidate);

    api_drop_own(candidate->info->type, candidate->data);
    g_free(meta->namespace);
    meta->namespace = g_strdup(manager_apply_namespace(object, options));
    api_object_drop_printed_annotations(candidate);
    if (kind->complete)
        kind->complete(candidate);
    return candidate;
}

// What nobody has validated: the manifest was, and so was the definition, each by itself.
static gboolean check_merged(Manager *self, const ApiObject *merged, GError **error)
{
    const ApiValidateContext context = manager_validate_context(self);
    g_autoptr(ApiFindings) findings = api_findings_new("-");

    api_object_validate(merged, &context, findings);
    if (api_findings_to_error(findings, error))
        return TRUE;
    g_prefix_error(error, "it does not fit what was added to the object by other means: ");
    return FALSE;
}

// What was changed by other means than a manifest stays.
static gboolean merge_existing(Manager *self, ApplyEntry *entry, GError **error)
{
    const char *applied = entry->existing ? api_object_meta(entry->existing)->applied_fields : NULL;
    ApiObject *merged = NULL;

    if (!applied)
        return TRUE;
    merged = api_merge(applied, entry->candidate, entry->existing);
    api_drop_own(merged->info->type, merged->data);
    api_object_free(entry->candidate);
    entry->candidate = merged;
    return check_merged(self, merged, error);
}

static void set_identity(ApplyEntry *entry)
{
    ApiObjectMeta *meta = api_object_meta(entry->candidate);
    const ApiObjectMeta *before = entry->existing ? api_object_meta(entry->existing) : NULL;
    gint64 generation =
        before ? api_int_or(before->generation, 1) + (entry->respecified ? 1 : 0) : 1;

    meta->uid = before && before->uid ? g_strdup(before->uid) : g_uuid_string_random();
    meta->creation_timestamp = before && before->creation_timestamp
                                   ? g_strdup(before->creation_timestamp)
                                   : manager_format_time(g_get_real_time());
    meta->generation = (ApiInt){ .set = TRUE, .value = generation };
}

// ---- what may change -------------------------------------------------------------------------------------------

static gboolean may_change(Manager *self, ApplyEntry *entry, GError **error)
{
    const Kind *kind = kind_of(entry->candidate->info);

    if (api_object_meta(entry->existing)->deletion_timestamp) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "it is being deleted, apply it again when it is gone");
        return FALSE;
    }
    return !kind->admit || kind->admit(self, entry, error);
}

static gboolean same_marks(const ApiObject *a, const ApiObject *b)
{
    const ApiObjectMeta *x = api_object_meta(a), *y = api_object_meta(b);

    return api_map_equal(x->labels, y->labels) && api_map_equal(x->annotations, y->annotations) &&
           g_strcmp0(x->applied_fields, y->applied_fields) == 0;
}

ApplyEntry *apply_check(Manager *self, const ApiObject *object, const ManagerApplyOptions *options,
                        GError **error)
{
    const Kind *kind = kind_of(object->info);
    g_autoptr(ApplyEntry) entry = g_new0(ApplyEntry, 1);
    const ApiObjectMeta *meta = NULL;

    entry->candidate = make_candidate(object, options);
    meta = api_object_meta(entry->candidate);
    entry->existing = objects_get(self->objects, object->info, meta->namespace, meta->name);
    if (!merge_existing(self, entry, error))
        return NULL;
    meta = api_object_meta(entry->candidate);
    entry->respecified =
        !entry->existing || !object_same_definition(entry->candidate, entry->existing);
    if (!entry->existing && !unread_check(self, object->info, meta->namespace, meta->name, error))
        return NULL;
    if (!entry->existing)
        entry->action = "created";
    else if (!may_change(self, entry, error))
        return NULL;
    else if (entry->respecified || !same_marks(entry->candidate, entry->existing))
        entry->action = "configured";
    else
        entry->action = "unchanged";
    set_identity(entry);
    if (kind->begin_status)
        kind->begin_status(self, entry);
    object_measure(entry->candidate);
    return quota_check_object(entry->candidate, error) ? g_steal_pointer(&entry) : NULL;
}
