// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions on disk: one YAML file per object, <state>/objects/<plural>/<namespace>/<name>.yaml (no namespace level for
// cluster kinds), mode 0600. Written by temp file, fsync, rename, fsync of the directory; several by a transaction on top of that: a crash
// at any instant leaves either the old or the new. Files that were read and are no definitions are kept, moved aside as *.broken, and reported;
// what cannot be read for a reason that may pass stays where it is.
#pragma once

#include "api/manifest.h"

typedef struct Store Store;

// ROOT is the directory of the objects, <state>/objects; it is made (0700) when it is missing.
Store *store_open(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void store_free(Store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

// One definition as it is to be on disk from now on. It never changes once it is made: any thread may have it.
typedef struct {
    const ApiKindInfo *info;
    char *namespace; // NULL of a kind without namespaces
    char *name;
    char *text; // NULL: there is to be none
    gsize length;
    // For what is on disk already, and whose new state must not be lost: on a full disk it takes one of the places that the store has put
    // aside for that. They are few: it is for ends and deletions, which make room.
    gboolean urgent;
} StoreChange;

StoreChange *store_change_new(const ApiObject *object, gboolean urgent);
StoreChange *store_change_new_delete(const ApiKindInfo *info, const char *namespace,
                                     const char *name);
void store_change_free(StoreChange *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreChange, store_change_free)

// Each of CHANGES (GPtrArray of StoreChange, each of another definition) for itself, with as few syncs as there can be. When it fails, any
// of them may be made. That there is nothing to delete is success. Only one that is alone is saved as an urgent one.
gboolean store_write(Store *self, const GPtrArray *changes,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
// All or none, and none of them a deletion: also when vmid is killed, or the host's power goes, at any instant. On success the
// change is made; where the disk refuses to carry it out just now, store_settle() says so.
gboolean store_commit(Store *self, const GPtrArray *changes,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Carries out what is left to do of a change of several. Until that succeeds nothing else is saved: every call that saves comes by here.
gboolean store_settle(Store *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removes the directories of a namespace that is gone. What is not empty stays: a file that was set aside is for a person to look at.
gboolean store_delete_namespace(Store *self, const char *namespace,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

// A definition, or all of a directory, that could not be read: somebody's all the same.
typedef struct {
    const ApiKindInfo *info;
    char *namespace; // NULL of a kind without namespaces: none; else: all of them
    char *name;      // NULL: all there are
    char *problem;   // a sentence
} StoreUnread;

gboolean store_unread_covers(const StoreUnread *self, const ApiKindInfo *info,
                             const char *namespace, const char *name);

typedef struct {
    GPtrArray *objects;  // ApiObject
    GPtrArray *problems; // char *, of what was set aside or is no part of the store
    GPtrArray *unread;   // StoreUnread
} StoreContents;

void store_contents_clear(StoreContents *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StoreContents, store_contents_clear)

// Everything there is.
void store_load(Store *self, StoreContents *ret_contents);
// What UNREAD (GPtrArray of StoreUnread) names, once more; after store_settle(). Any thread, as long as nothing is saved in those places
// meanwhile.
void store_load_unread(const Store *self, const GPtrArray *unread, StoreContents *ret_contents);
