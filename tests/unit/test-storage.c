// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage in a temporary directory: paths that must not be followed, images, sources, release and sweep. Runs qemu-img.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/defaults.h"
#include "api/manifest.h"
#include "base/error.h"
#include "base/fd.h"
#include "storage/image-magic.h"
#include "storage/raw-image.h"
#include "storage/safe-path.h"
#include "storage/storage.h"

typedef struct {
    char *root;
    const char *host_roots[2];
    char *host_root;
    StorageConfig config;
} Fixture;

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->root = g_dir_make_tmp("vmi-storage-XXXXXX", NULL);
    self->host_root = g_build_filename(self->root, "host", NULL);
    self->host_roots[0] = self->host_root;
    self->config = (StorageConfig){
        .layout = { .state = self->root, .run = self->root },
        .host_disk_roots = self->host_roots,
        .claim_tolerance_percent = 10,
    };
    assert_int_equal(g_mkdir(self->host_root, 0700), 0);
    assert_true(storage_setup(&self->config, NULL));
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    Fixture *self = *state;
    g_autofree char *parent = g_path_get_dirname(self->root);
    g_autofree char *name = g_path_get_basename(self->root);
    vmi_autofd int fd = safe_open_root(parent, 0, NULL);

    assert_true(safe_remove_tree(fd, name, NULL));
    g_free(self->root);
    g_free(self->host_root);
    g_free(self);
    return 0;
}

static GPtrArray *parse(const char *text)
{
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    GPtrArray *objects = api_manifest_parse_own(text, strlen(text), findings);
    g_autofree char *problems = api_findings_format(findings, NULL);

    assert_string_equal(problems, "");
    return objects;
}

#define VMI_HEAD \
    "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n" \
    "metadata: {name: web, namespace: default}\n" \
    "spec:\n  domain: {memory: {guest: 64Mi}, devices: {disks: [{name: d, disk: {}}]}}\n" \
    "  volumes:\n  - name: d\n"
#define CLAIM \
    "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c, namespace: default}\n" \
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 3Mi}}}\n"

// Prepares the VMI that is the first document of TEXT; all others are what it may refer to.
static GPtrArray *prepare(const Fixture *self, const char *text, GError **error)
{
    g_autoptr(GPtrArray) objects = parse(text);
    StorageRequest request = { .config = &self->config,
                               .vmi = api_object_vmi(g_ptr_array_index(objects, 0)),
                               .claims = objects,
                               .secrets = objects };

    return storage_prepare(&request, NULL, error);
}

static gint64 size_of(const StorageVolume *volume)
{
    struct stat st;

    assert_int_equal(fstat(g_array_index(volume->fds, int, 0), &st), 0);
    return st.st_size;
}

static void test_symlinks_are_not_followed(void **state)
{
    Fixture *self = *state;
    g_autofree char *link = g_build_filename(self->host_root, "link", NULL);
    g_autofree char *dir = g_build_filename(self->host_root, "dir", NULL);
    vmi_autofd int root = safe_open_root(self->host_root, 0, NULL);
    g_autoptr(GError) error = NULL;

    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_int_equal(symlink("/etc", dir), 0);
    assert_int_equal(safe_open_file(root, "link", O_RDONLY, 0, &error), -1);
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_DENIED));
    g_clear_error(&error);
    assert_int_equal(safe_open_file(root, "dir/passwd", O_RDONLY, 0, &error), -1);
    g_clear_error(&error);
    assert_int_equal(safe_open_file(root, "../../etc/passwd", O_RDONLY, 0, &error), -1);
    // Removing a tree removes the link, not what it points at.
    assert_true(safe_remove_tree(root, "dir", NULL));
    assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void test_a_fifo_is_refused_without_hanging(void **state)
{
    Fixture *self = *state;
    g_autofree char *fifo = g_build_filename(self->host_root, "fifo", NULL);
    vmi_autofd int root = safe_open_root(self->host_root, 0, NULL);
    g_autoptr(GError) error = NULL;

    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(safe_open_file(root, "fifo", O_RDONLY, 0, &error), -1);
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_DENIED));
}

static void assert_only_entry(const char *path, const char *name)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

    assert_string_equal(g_dir_read_name(dir), name);
    assert_null(g_dir_read_name(dir));
}

static void test_raw_image_sizes(void **state)
{
    Fixture *self = *state;
    vmi_autofd int root = safe_open_root(self->host_root, 0, NULL);
    RawImageRequest request = { .size = 2 * 1024 * 1024 + 4095,
                                .tolerate_percent = 10,
                                .path = "a" };
    g_autoptr(GError) error = NULL;
    struct stat st;
    guint64 size;

    assert_true(raw_image_create(root, "a", &request, &size, NULL));
    assert_int_equal(size, 2 * 1024 * 1024);
    assert_int_equal(fstatat(root, "a", &st, 0), 0);
    assert_int_equal(st.st_size, 2 * 1024 * 1024);
    assert_int_equal(st.st_blocks, 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    request.size = 1UL << 60;
    assert_true(raw_image_create(root, "a", &request, &size, NULL));
    assert_int_equal(size, 2 * 1024 * 1024);
    assert_false(raw_image_create(root, "b", &request, &size, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_NO_SPACE));
    assert_int_equal(faccessat(root, "b", F_OK, 0), -1);
    assert_only_entry(self->host_root, "a");
}

static gpointer make_image(gpointer data)
{
    const RawImageRequest request = { .size = 1024 * 1024, .allocate = TRUE, .path = "a" };
    vmi_autofd int dir = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    guint64 size = 0;

    return GINT_TO_POINTER(raw_image_create(dir, "a", &request, &size, NULL) &&
                           size == request.size);
}

static void test_raw_image_made_by_many_at_once(void **state)
{
    Fixture *self = *state;
    GThread *threads[8];

    for (gsize round = 0; round < 20; round++) {
        g_autofree char *image = g_build_filename(self->host_root, "a", NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
            threads[i] = g_thread_new("maker", make_image, self->host_root);
        for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
            assert_true(GPOINTER_TO_INT(g_thread_join(threads[i])));
        assert_int_equal(unlink(image), 0);
    }
}

static void test_claim_is_made_on_first_use_and_kept(void **state)
{
    Fixture *self = *state;
    g_autofree char *image = layout_claim_image(&self->config.layout, "default", "default", "c");
    g_autoptr(GPtrArray) volumes = NULL;
    g_autoptr(GError) error = NULL;
    const StorageVolume *volume;
    struct stat st;

    assert_int_not_equal(access(image, F_OK), 0);
    volumes = prepare(self, VMI_HEAD "    persistentVolumeClaim: {claimName: c}\n" CLAIM, &error);
    assert_null(error);
    volume = g_ptr_array_index(volumes, 0);
    assert_int_equal(size_of(volume), 3 * 1024 * 1024);
    assert_string_equal(volume->volume.image->path, image);
    assert_string_equal(volume->volume.image->format, "raw");
    assert_int_equal(fcntl(g_array_index(volume->fds, int, 0), F_GETFL) & O_ACCMODE, O_RDWR);
    assert_true(storage_release(&self->config, "default", "web", NULL));
    assert_int_equal(stat(image, &st), 0);
}

static void test_a_deleted_claim_is_gone_before_its_data(void **state)
{
    Fixture *self = *state;
    g_autofree char *dir = layout_claim_dir(&self->config.layout, "default", "default", "c");
    g_autofree char *image = g_build_filename(dir, "disk.img", NULL);
    g_autofree char *deleted =
        g_build_filename(self->config.layout.state, "pools/default/.deleted", NULL);
    g_autofree char *trash = NULL, *kept = NULL, *nothing = NULL;

    assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
    assert_true(g_file_set_contents(image, "data", -1, NULL));
    assert_true(storage_claim_delete(&self->config, "default", "c", &trash, NULL));
    assert_int_not_equal(access(dir, F_OK), 0);
    kept = g_build_filename(deleted, trash, "disk.img", NULL);
    assert_int_equal(access(kept, F_OK), 0);
    assert_true(storage_trash_remove(&self->config, trash, NULL));
    assert_int_not_equal(access(kept, F_OK), 0);

    // Once more, and a claim that never had data.
    assert_true(storage_claim_delete(&self->config, "default", "c", &nothing, NULL));
    assert_null(nothing);
    assert_true(storage_claim_delete(&self->config, "nowhere", "c", &nothing, NULL));
    assert_null(nothing);
}

static void test_what_a_killed_vmid_left_of_claims_is_removed(void **state)
{
    Fixture *self = *state;
    g_autofree char *dir = layout_claim_dir(&self->config.layout, "default", "default", "c");
    g_autofree char *deleted =
        g_build_filename(self->config.layout.state, "pools/default/.deleted", NULL);
    g_autofree char *trash = NULL;

    assert_true(storage_trash_empty(&self->config, NULL));
    assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
    assert_true(storage_claim_delete(&self->config, "default", "c", &trash, NULL));
    assert_true(storage_trash_empty(&self->config, NULL));
    assert_int_not_equal(access(deleted, F_OK), 0);
}

static void test_a_namespace_leaves_no_empty_directories(void **state)
{
    Fixture *self = *state;
    g_autofree char *claim = layout_claim_dir(&self->config.layout, "default", "lab", "c");
    g_autofree char *pool = g_path_get_dirname(claim);
    g_autofree char *run = layout_scratch_dir(&self->config.layout, "lab", "web");
    g_autofree char *scratch = g_path_get_dirname(run);

    assert_int_equal(g_mkdir_with_parents(claim, 0700), 0);
    assert_int_equal(g_mkdir_with_parents(scratch, 0700), 0);
    assert_true(storage_namespace_delete(&self->config, "lab", NULL));
    assert_int_not_equal(access(scratch, F_OK), 0);
    // What somebody still has in there stays.
    assert_int_equal(access(claim, F_OK), 0);
    assert_int_equal(rmdir(claim), 0);
    assert_true(storage_namespace_delete(&self->config, "lab", NULL));
    assert_int_not_equal(access(pool, F_OK), 0);
}

static void test_a_claim_that_is_a_symlink_is_refused(void **state)
{
    Fixture *self = *state;
    g_autofree char *dir = layout_claim_dir(&self->config.layout, "default", "default", "c");
    g_autofree char *image = g_build_filename(dir, "disk.img", NULL);
    g_autoptr(GError) error = NULL;

    assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
    assert_int_equal(symlink("/etc/passwd", image), 0);
    assert_null(
        prepare(self, VMI_HEAD "    persistentVolumeClaim: {claimName: c}\n" CLAIM, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_DENIED));
}

static void test_ephemeral_and_its_base(void **state)
{
    Fixture *self = *state;
    g_autofree char *overlay =
        layout_scratch_file(&self->config.layout, "default", "web", "d", ".qcow2");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) volumes = prepare(
        self, VMI_HEAD "    ephemeral: {persistentVolumeClaim: {claimName: c}}\n" CLAIM, &error);
    const StorageVolume *volume;

    assert_null(error);
    volume = g_ptr_array_index(volumes, 0);
    assert_int_equal(volume->fds->len, 2);
    assert_int_equal(fcntl(g_array_index(volume->fds, int, 0), F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fcntl(g_array_index(volume->fds, int, 1), F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_string_equal(volume->volume.image->format, "qcow2");
    assert_string_equal(volume->volume.image->backing->format, "raw");
    assert_int_equal(access(overlay, F_OK), 0);
    assert_true(storage_release(&self->config, "default", "web", NULL));
    assert_int_not_equal(access(overlay, F_OK), 0);
}

static void test_empty_disk_too_small(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(prepare(*state, VMI_HEAD "    emptyDisk: {capacity: 1000}\n", &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID));
}

static void test_missing_claim_leaves_nothing(void **state)
{
    Fixture *self = *state;
    g_autofree char *scratch = layout_scratch_dir(&self->config.layout, "default", "web");
    g_autoptr(GError) error = NULL;

    assert_null(prepare(self,
                        VMI_HEAD "    emptyDisk: {capacity: 1Mi}\n"
                                 "  - name: e\n    persistentVolumeClaim: {claimName: missing}\n",
                        &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_NOT_FOUND));
    assert_int_not_equal(access(scratch, F_OK), 0);
}

static void test_host_disk_allow_list(void **state)
{
    Fixture *self = *state;
    g_autofree char *inside = g_strdup_printf(
        VMI_HEAD "    hostDisk: {path: %s/x.img, type: DiskOrCreate, capacity: 2Mi}\n",
        self->host_root);
    g_autofree char *missing =
        g_strdup_printf(VMI_HEAD "    hostDisk: {path: %s/y.img, type: Disk}\n", self->host_root);
    g_autofree char *beside = g_strdup_printf(
        VMI_HEAD "    hostDisk: {path: %s-beside/x.img, type: DiskOrCreate, capacity: 2Mi}\n",
        self->host_root);
    static const char *const directories[] = { "", "/sub" };
    g_autofree char *sub = g_build_filename(self->host_root, "sub", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) volumes = prepare(self, inside, &error);

    assert_null(error);
    assert_int_equal(g_mkdir(sub, 0700), 0);
    assert_int_equal(size_of(g_ptr_array_index(volumes, 0)), 2 * 1024 * 1024);
    assert_null(prepare(self, missing, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_NOT_FOUND));
    g_clear_error(&error);
    assert_null(prepare(self, beside, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_DENIED));
    for (guint i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *text =
            g_strdup_printf(VMI_HEAD "    hostDisk: {path: %s%s, type: DiskOrCreate}\n",
                            self->host_root, directories[i]);

        g_clear_error(&error);
        assert_null(prepare(self, text, &error));
        assert_non_null(strstr(error->message, "is a directory, name a file in it"));
    }
}

static void test_host_disk_errors_name_the_path(void **state)
{
    Fixture *self = *state;
    static const struct {
        const char *file, *rest, *what;
    } cases[] = {
        { "empty.img", "type: Disk",
          "is an empty file, and type Disk means an image that is there" },
        { "empty.img", "type: DiskOrCreate, capacity: 2Mi", "is an empty file; remove it" },
        { "small.img", "type: DiskOrCreate, capacity: 4Ki", "less than 1Mi" },
        { "large.img", "type: DiskOrCreate, capacity: 4Ei", "not enough space" },
        { "no/x.img", "type: DiskOrCreate, capacity: 2Mi", "cannot open the directory" },
        { "x.img/y.img", "type: Disk", "cannot open" },
    };
    g_autofree char *empty = g_build_filename(self->host_root, "empty.img", NULL);
    g_autofree char *file = g_build_filename(self->host_root, "x.img", NULL);

    assert_true(g_file_set_contents(empty, "", 0, NULL));
    assert_true(g_file_set_contents(file, "x", 1, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_build_filename(self->host_root, cases[i].file, NULL);
        g_autofree char *text =
            g_strdup_printf(VMI_HEAD "    hostDisk: {path: %s, %s}\n", path, cases[i].rest);
        g_autoptr(GError) error = NULL;

        assert_null(prepare(self, text, &error));
        assert_non_null(strstr(error->message, path));
        assert_non_null(strstr(error->message, cases[i].what));
    }
}

static void test_what_is_no_raw_disk(void **state)
{
    static const struct {
        gsize offset;
        const char *bytes;
        gsize length;
        const char *what; // NULL: raw
        const char *remedy;
    } cases[] = {
        { 0, "QFI\xfb\0\0\0\3", 8, "a qcow2 image",
          "qemu-img convert -f qcow2 -O raw /a/b /a/b.raw && mv /a/b.raw /a/b" },
        { 0, "QFI\xfb\0\0\0\1", 8, "a qcow image",
          "qemu-img convert -f qcow -O raw /a/b /a/b.raw && mv /a/b.raw /a/b" },
        { 0, "KDMV", 4, "a VMDK image", NULL },
        { 0, "# Disk DescriptorFile\n", 22, "a VMDK descriptor", NULL },
        { 0, "vhdxfile", 8, "a VHDX image", NULL },
        { 0, "conectix", 8, "a VHD image", NULL },
        { 64, "\x7f\x10\xda\xbe", 4, "a VDI image", NULL },
        { 0, "\x1f\x8b\x08", 3, "compressed by gzip",
          "gzip -dc /a/b >/a/b.raw && mv /a/b.raw /a/b" },
        { 0, "\xfd\x37zXZ\0", 6, "compressed by xz", NULL },
        { 0, "\x28\xb5\x2f\xfd", 4, "compressed by zstd", NULL },
        { 0, "BZh91AY&SY", 10, "compressed by bzip2", NULL },
        { 257, "ustar", 5, "a tar archive", NULL },
        { 0, "", 0, NULL, NULL },
        { 510, "\x55\xaa", 2, NULL, NULL },   // a boot sector
        { 0, "\xeb\x63\x90", 3, NULL, NULL }, // GRUB's
        { 0, "LUKS\xba\xbe", 6, NULL, NULL }, // an encrypted disk is raw
        { 1, "QFI\xfb", 4, NULL, NULL },
    };
    g_autofree char *quoted =
        image_magic_remedy(image_magic_find((const guint8 *)"KDMV", 4), "/a b");

    assert_string_equal(
        quoted, "qemu-img convert -f vmdk -O raw '/a b' '/a b.raw' && mv '/a b.raw' '/a b'");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint8 head[IMAGE_MAGIC_BYTES] = { 0 };
        const ImageMagic *magic = NULL;
        g_autofree char *remedy = NULL;

        memcpy(head + cases[i].offset, cases[i].bytes, cases[i].length);
        magic = image_magic_find(head, sizeof head);
        if (!cases[i].what) {
            assert_null(magic);
            continue;
        }
        assert_non_null(magic);
        assert_string_equal(magic->what, cases[i].what);
        // A file that ends before it is none.
        assert_null(image_magic_find(head, magic->offset + 3 - 1));
        remedy = image_magic_remedy(magic, "/a/b");
        if (cases[i].remedy)
            assert_string_equal(remedy, cases[i].remedy);
    }
}

static void write_file(const char *path, const char *bytes, gsize length, off_t size)
{
    assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    assert_int_equal(truncate(path, size), 0);
}

static GPtrArray *look(const Fixture *self, const char *text, GError **error)
{
    g_autoptr(GPtrArray) objects = parse(text);
    StorageRequest request = { .config = &self->config,
                               .vmi = api_object_vmi(g_ptr_array_index(objects, 0)),
                               .claims = objects };

    return storage_look(&request, error);
}

static void test_images_are_looked_at(void **state)
{
    static const char ephemeral[] =
        VMI_HEAD "    ephemeral: {persistentVolumeClaim: {claimName: c}}\n" CLAIM;
    static const char claim[] = VMI_HEAD "    persistentVolumeClaim: {claimName: c}\n" CLAIM;
    Fixture *self = *state;
    g_autofree char *image = layout_claim_image(&self->config.layout, "default", "default", "c");
    g_autofree char *other = g_strconcat(image, ".new", NULL);
    g_autoptr(GPtrArray) made = look(self, claim, NULL);
    g_autoptr(GPtrArray) again = look(self, ephemeral, NULL);
    g_autoptr(GPtrArray) none = look(self, VMI_HEAD "    emptyDisk: {capacity: 1Mi}\n", NULL);
    g_autoptr(GPtrArray) replaced = NULL;
    const StorageLook *first = g_ptr_array_index(made, 0), *second = g_ptr_array_index(again, 0);

    assert_int_equal(none->len, 0);
    assert_string_equal(first->claim, "c");
    assert_null(first->foreign);
    assert_null(first->warning);
    assert_string_equal(first->identity, second->identity);

    write_file(other, "QFI\xfb\0\0\0\3", 8, 4096);
    assert_int_equal(rename(other, image), 0);
    replaced = look(self, claim, NULL);
    second = g_ptr_array_index(replaced, 0);
    assert_string_not_equal(first->identity, second->identity);
    assert_non_null(strstr(second->foreign, "qcow2"));
    assert_non_null(strstr(second->warning, "asks for 3Mi and its image has 4Ki"));
}

static void test_odd_sizes_are_grown(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = g_build_filename(self->host_root, "odd.img", NULL);
    g_autofree char *text =
        g_strdup_printf(VMI_HEAD "    hostDisk: {path: %s, type: Disk}\n", path);
    g_autofree char *cdrom = g_strdup_printf(
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n"
        "metadata: {name: web, namespace: default}\n"
        "spec:\n  domain: {memory: {guest: 64Mi}, devices: {disks: [{name: d, cdrom: {}}]}}\n"
        "  volumes:\n  - name: d\n    hostDisk: {path: %s, type: Disk}\n",
        path);
    g_autoptr(GPtrArray) volumes = NULL;
    g_autoptr(GPtrArray) read_only = NULL;

    write_file(path, "x", 1, 7000000001);
    read_only = prepare(self, cdrom, NULL);
    assert_int_equal(size_of(g_ptr_array_index(read_only, 0)), 7000000001);
    volumes = prepare(self, text, NULL);
    assert_int_equal(size_of(g_ptr_array_index(volumes, 0)), 7000002560);
}

// The claim, as it is with STATUS.
static gboolean bind_claim(const Fixture *self, const char *status, guint64 *ret_capacity,
                           GError **error)
{
    g_autofree char *text = g_strconcat(CLAIM, status, NULL);
    g_autoptr(GPtrArray) objects = parse(text);

    return storage_claim_bind(&self->config, api_object_pvc(g_ptr_array_index(objects, 0)),
                              ret_capacity, error);
}

static void test_a_claim_is_not_made_twice(void **state)
{
    static const char bound[] = "status: {phase: Bound}\n";
    static const char used[] =
        "status: {phase: Bound, conditions: [{type: RawImage, status: 'True'}]}\n";
    Fixture *self = *state;
    g_autofree char *image = layout_claim_image(&self->config.layout, "default", "default", "c");
    g_autofree char *dir = g_path_get_dirname(image);
    g_autofree char *text =
        g_strconcat(VMI_HEAD "    persistentVolumeClaim: {claimName: c}\n" CLAIM, used, NULL);
    g_autoptr(GError) error = NULL;
    guint64 capacity = 0;

    assert_false(bind_claim(self, bound, &capacity, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING));
    g_clear_error(&error);
    assert_int_not_equal(access(dir, F_OK), 0);
    assert_true(bind_claim(self, "", &capacity, NULL));
    assert_int_equal(capacity, 3 * 1024 * 1024);
    assert_true(bind_claim(self, bound, &capacity, NULL));
    assert_false(bind_claim(self, used, &capacity, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING));
    g_clear_error(&error);
    assert_null(look(self, text, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING));
    assert_int_not_equal(access(image, F_OK), 0);
}

static void test_no_cloud_seed(void **state)
{
    Fixture *self = *state;
    g_autofree char *seed =
        layout_scratch_file(&self->config.layout, "default", "web", "d", ".iso");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) volumes = prepare(
        self,
        VMI_HEAD "    cloudInitNoCloud: {secretRef: {name: s}, networkData: 'version: 2'}\n"
                 "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\n"
                 "stringData: {userdata: '#cloud-config from a secret'}\n",
        &error);
    g_autofree char *data = NULL;
    gsize length;

    assert_null(error);
    assert_int_equal(volumes->len, 1);
    assert_true(g_file_get_contents(seed, &data, &length, NULL));
    assert_memory_equal(data + 16 * 2048 + 40, "CIDATA", 6);
    assert_non_null(memmem(data, length, "#cloud-config from a secret", 27));
    assert_non_null(memmem(data, length, "version: 2", 10));
    assert_int_equal(length % 4096, 0);
    assert_non_null(memmem(data, length, "\"local-hostname\":\"web\"", 22));
}

static void test_user_data_of_a_secret(void **state)
{
    Fixture *self = *state;
    static const struct {
        const char *keys;
        gboolean warned;
    } cases[] = {
        { "stringData: {userdata: '#cloud-config'}", FALSE },
        { "stringData: {userdata: 'users: [root]'}", TRUE },
        { "data: {userData: dXNlcnM6IFtyb290XQ==}", TRUE },
        { "data: {userData: I2Nsb3VkLWNvbmZpZw==}", FALSE },
        { "stringData: {userdata: ''}", TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            VMI_HEAD "    cloudInitNoCloud: {secretRef: {name: s}}\n"
                     "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\n"
                     "%s\n",
            cases[i].keys);
        g_autoptr(GPtrArray) volumes = prepare(self, text, NULL);
        const StorageVolume *volume = NULL;

        assert_non_null(volumes);
        volume = g_ptr_array_index(volumes, 0);
        assert_int_equal(volume->warning != NULL, cases[i].warned);
        if (volume->warning)
            assert_non_null(strstr(volume->warning, "the secret \"s\": no cloud-init reads this"));
    }
}

static void test_sweep_keeps_what_runs(void **state)
{
    Fixture *self = *state;
    g_autoptr(GHashTable) keep = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *kept = layout_scratch_dir(&self->config.layout, "default", "a");
    g_autofree char *orphan = layout_scratch_dir(&self->config.layout, "default", "b");

    assert_int_equal(g_mkdir_with_parents(kept, 0700), 0);
    assert_int_equal(g_mkdir_with_parents(orphan, 0700), 0);
    g_hash_table_add(keep, (gpointer) "default/a");
    assert_int_equal(storage_sweep(&self->config, keep, NULL), 1);
    assert_int_equal(access(kept, F_OK), 0);
    assert_int_not_equal(access(orphan, F_OK), 0);
}

static void test_sweep_goes_on_past_what_it_cannot_sweep(void **state)
{
    Fixture *self = *state;
    g_autoptr(GHashTable) keep = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *orphan = layout_scratch_dir(&self->config.layout, "default", "b");
    g_autofree char *before = g_build_filename(self->root, "scratch", "a-file", NULL);
    g_autofree char *after = g_build_filename(self->root, "scratch", "z-file", NULL);
    g_autoptr(GError) error = NULL;

    assert_int_equal(g_mkdir_with_parents(orphan, 0700), 0);
    assert_true(g_file_set_contents(before, "", 0, NULL));
    assert_true(g_file_set_contents(after, "", 0, NULL));
    assert_int_equal(storage_sweep(&self->config, keep, &error), -1);
    assert_non_null(error);
    assert_int_not_equal(access(orphan, F_OK), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_symlinks_are_not_followed),
        TEST(test_a_fifo_is_refused_without_hanging),
        TEST(test_raw_image_sizes),
        TEST(test_raw_image_made_by_many_at_once),
        TEST(test_claim_is_made_on_first_use_and_kept),
        TEST(test_a_claim_that_is_a_symlink_is_refused),
        TEST(test_ephemeral_and_its_base),
        TEST(test_empty_disk_too_small),
        TEST(test_missing_claim_leaves_nothing),
        TEST(test_host_disk_allow_list),
        TEST(test_host_disk_errors_name_the_path),
        TEST(test_what_is_no_raw_disk),
        TEST(test_images_are_looked_at),
        TEST(test_odd_sizes_are_grown),
        TEST(test_a_claim_is_not_made_twice),
        TEST(test_no_cloud_seed),
        TEST(test_user_data_of_a_secret),
        TEST(test_sweep_keeps_what_runs),
        TEST(test_sweep_goes_on_past_what_it_cannot_sweep),
        TEST(test_a_deleted_claim_is_gone_before_its_data),
        TEST(test_what_a_killed_vmid_left_of_claims_is_removed),
        TEST(test_a_namespace_leaves_no_empty_directories),
    };

    return cmocka_run_group_tests_name("storage", tests, NULL, NULL);
}
