// SPDX-License-Identifier: LGPL-2.1-or-later
// See image-magic.h. Only what is no disk by itself: a LUKS header, a file system or an ISO image is one that begins so.
#include "storage/image-magic.h"

#include <string.h>

#define CONVERT(format) "qemu-img convert -f " format " -O raw IN OUT"
#define AT(offset, bytes) offset, sizeof(bytes) - 1, bytes

// The first that matches counts.
static const ImageMagic magics[] = {
    { "a qcow image", AT(0, "QFI\xfb\0\0\0\1"), CONVERT("qcow") },
    { "a qcow2 image", AT(0, "QFI\xfb"), CONVERT("qcow2") },
    { "a QED image", AT(0, "QED\0"), CONVERT("qed") },
    { "a VMDK image", AT(0, "KDMV"), CONVERT("vmdk") },
    { "a VMDK image", AT(0, "COWD"), CONVERT("vmdk") },
    { "a VMDK descriptor", AT(0, "# Disk DescriptorFile"), CONVERT("vmdk") },
    { "a VHDX image", AT(0, "vhdxfile"), CONVERT("vhdx") },
    { "a VHD image", AT(0, "conectix"), CONVERT("vpc") },
    { "a VDI image", AT(64, "\x7f\x10\xda\xbe"), CONVERT("vdi") },
    { "a Parallels image", AT(0, "WithoutFreeSpace"), CONVERT("parallels") },
    { "a Parallels image", AT(0, "WithouFreSpacExt"), CONVERT("parallels") },
    { "compressed by gzip", AT(0, "\x1f\x8b\x08"), "gzip -dc IN >OUT" },
    { "compressed by xz",
      AT(0, "\xfd"
            "7zXZ\0"),
      "xz -dc IN >OUT" },
    { "compressed by zstd", AT(0, "\x28\xb5\x2f\xfd"), "zstd -dc IN >OUT" },
    { "compressed by lz4", AT(0, "\x04\x22\x4d\x18"), "lz4 -dc IN >OUT" },
    { "compressed by lzip", AT(0, "LZIP\1"), "lzip -dc IN >OUT" },
    // The level is a digit that does not matter.
    { "compressed by bzip2", AT(4, "1AY&SY"), "bzip2 -dc IN >OUT" },
    { "a zip archive", AT(0, "PK\3\4"), "unzip -p IN >OUT" },
    { "a 7z archive", AT(0, "7z\xbc\xaf\x27\x1c"), "7z x -so IN >OUT" },
    { "a tar archive", AT(257, "ustar"), "tar -xOf IN >OUT" },
    { "an Android sparse image", AT(0, "\x3a\xff\x26\xed"), "simg2img IN OUT" },
};

const ImageMagic *image_magic_find(const guint8 *head, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(magics); i++) {
        const ImageMagic *magic = &magics[i];

        if (magic->offset + magic->length <= length &&
            memcmp(head + magic->offset, magic->bytes, magic->length) == 0)
            return magic;
    }
    return NULL;
}

// PATH as one word of a shell, as a person would write it.
static char *word(const char *path)
{
    static const char plain[] = "/._-+,:@%=";

    for (const char *c = path; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr(plain, *c))
            return g_shell_quote(path);
    return g_strdup(path);
}

char *image_magic_remedy(const ImageMagic *self, const char *path)
{
    g_autofree char *raw = g_strconcat(path, ".raw", NULL);
    g_autofree char *in = word(path);
    g_autofree char *out = word(raw);
    g_auto(GStrv) words = g_strsplit(self->command, " ", -1);
    g_autofree char *command = NULL;

    for (char **each = words; *each; each++) {
        char *filled = g_str_equal(*each, "IN")     ? g_strdup(in)
                       : g_str_equal(*each, "OUT")  ? g_strdup(out)
                       : g_str_equal(*each, ">OUT") ? g_strconcat(">", out, NULL)
                                                    : NULL;

        if (filled) {
            g_free(*each);
            *each = filled;
        }
    }
    command = g_strjoinv(" ", words);
    return g_strdup_printf("%s && mv %s %s", command, out, in);
}
