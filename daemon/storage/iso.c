// SPDX-License-Identifier: LGPL-2.1-or-later
// See iso.h.
#include "storage/iso.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libburn/libburn.h>
#include <libisofs/libisofs.h>

#include "base/error.h"
#include "base/io.h"

enum {
    SECTOR = 2048,
    // QEMU refuses a raw virtio disk whose size is not a multiple of what O_DIRECT needs on the host.
    ALIGNMENT = 4096,
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IsoImage, iso_image_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IsoWriteOpts, iso_write_opts_free)

// libisofs keeps its message queue and inode counters in process-wide variables that it does not guard; worker threads make images one
// at a time. This guards the library, not state of ours.
G_LOCK_DEFINE_STATIC(libisofs);

static gboolean fail(GError **error, int code, const char *what)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_FAILED, "cannot %s the ISO image: %s", what,
                iso_error_to_msg(code));
    return FALSE;
}

static gboolean add_file(IsoImage *image, const IsoFileEntry *entry, GError **error)
{
    // The stream frees the copy with free(3), which is what GLib allocates with. One byte more: no file may be NULL.
    g_autofree unsigned char *copy = g_malloc0(entry->length + 1);
    IsoStream *stream = NULL;
    IsoFile *file = NULL;
    int r;

    if (entry->length > 0)
        memcpy(copy, entry->data, entry->length);
    r = iso_memory_stream_new(copy, entry->length, &stream);
    if (r < 0)
        return fail(error, r, "fill");
    (void)g_steal_pointer(&copy);
    r = iso_tree_add_new_file(iso_image_get_root(image), entry->name, stream, &file);
    if (r < 0) {
        iso_stream_unref(stream);
        return fail(error, r, "fill");
    }
    iso_node_set_permissions(ISO_NODE(file), 0444);
    return TRUE;
}

static gboolean drain(struct burn_source *source, int fd, GError **error)
{
    unsigned char sector[SECTOR];
    guint64 size = 0;

    for (;;) {
        int n = source->read_xt(source, sector, sizeof sector);

        if (n == 0)
            break;
        if (n < 0)
            return fail(error, ISO_CANCELED, "write");
        if (!vmi_write_all(fd, sector, (gsize)n)) {
            vmi_set_error_errno(error, errno, "cannot write the ISO image");
            source->cancel(source); // stops the library's writer thread
            return FALSE;
        }
        size += (guint64)n;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (ftruncate(fd, (off_t)size) < 0) {
        vmi_set_error_errno(error, errno, "cannot write the ISO image");
        return FALSE;
    }
    return TRUE;
}

static void burn_source_unref(struct burn_source *source)
{
    if (--source->refcount > 0)
        return;
    if (source->free_data)
        source->free_data(source);
    free(source);
}

static gboolean write_image(int fd, const char *label, const IsoFileEntry *files, guint n_files,
                            GError **error)
{
    g_autoptr(IsoImage) image = NULL;
    g_autoptr(IsoWriteOpts) options = NULL;
    struct burn_source *source = NULL;
    gboolean ok = TRUE;
    int r = iso_image_new(label, &image);

    if (r < 0)
        return fail(error, r, "make");
    for (guint i = 0; ok && i < n_files; i++)
        ok = add_file(image, &files[i], error);
    if (!ok)
        return FALSE;
    r = iso_write_opts_new(&options, 0);
    if (r < 0 || (r = iso_write_opts_set_rockridge(options, 1)) < 0 ||
        (r = iso_write_opts_set_joliet(options, 1)) < 0 ||
        (r = iso_write_opts_set_iso_level(options, 3)) < 0 ||
        (r = iso_image_create_burn_source(image, options, &source)) < 0)
        return fail(error, r, "make");
    ok = drain(source, fd, error);
    burn_source_unref(source);
    return ok;
}

gboolean iso_image_write(int fd, const char *label, const IsoFileEntry *files, guint n_files,
                         GError **error)
{
    gboolean ok;
    int r;

    G_LOCK(libisofs);
    r = iso_init();
    ok = r < 0 ? fail(error, r, "start") : write_image(fd, label, files, n_files, error);
    if (r >= 0)
        iso_finish();
    G_UNLOCK(libisofs);
    return ok;
}
