// SPDX-License-Identifier: LGPL-2.1-or-later
// The settings of vmid.conf: the table, and one parser per type of value; see config.h. Reading files is config-file.c's.
#include "config/config.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config-file.h"

enum {
    MAX_WORKERS = 64,
    MAX_CPU = 8191,
    MAX_GUEST_USERS = 65536,
    MAX_OBJECTS = 1000000,
};

typedef struct {
    ConfigSetting public;
    gsize offset;
    gboolean (*parse)(const char *value, gpointer member, GError **error);
} Setting;

static gboolean invalid(GError **error, const char *value, const char *wanted)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "\"%s\" is not %s", value, wanted);
    return FALSE;
}

static gboolean parse_path(const char *value, gpointer member, GError **error)
{
    char **path = member;

    if (*value && !g_path_is_absolute(value))
        return invalid(error, value, "an absolute path");
    g_free(*path);
    *path = *value ? g_canonicalize_filename(value, "/") : NULL;
    return TRUE;
}

static gboolean parse_boolean(const char *value, gpointer member, GError **error)
{
    static const char *const yes[] = { "1", "yes", "y", "true", "t", "on", NULL };
    static const char *const no[] = { "0", "no", "n", "false", "f", "off", NULL };
    g_autofree char *lower = g_ascii_strdown(value, -1);
    gboolean *flag = member;

    if (!g_strv_contains(yes, lower) && !g_strv_contains(no, lower))
        return invalid(error, value, "a boolean, use yes or no");
    *flag = g_strv_contains(yes, lower);
    return TRUE;
}

static gboolean parse_users(const char *value, gpointer member, GError **error)
{
    guint32 *range = member; // uid_first, uid_count
    g_auto(GStrv) ends = g_strsplit(value, "-", 2);
    guint64 first = 0, last = 0;

    // Below 1000 are the system's users; 65534/65535 and the top value mean "nobody" and "no user".
    if (g_strv_length(ends) != 2 ||
        !g_ascii_string_to_unsigned(g_strstrip(ends[0]), 10, 1000, G_MAXUINT32 - 1, &first, NULL) ||
        !g_ascii_string_to_unsigned(g_strstrip(ends[1]), 10, first, G_MAXUINT32 - 1, &last, NULL))
        return invalid(error, value, "a range of user ids FIRST-LAST from 1000 up");
    if (last - first >= MAX_GUEST_USERS)
        return invalid(error, value, "a range of at most 65536 user ids");
    if (first <= 65535 && last >= 65534)
        return invalid(error, value, "a range without 65534 (nobody) and 65535");
    range[0] = (guint32)first;
    range[1] = (guint32)(last - first + 1);
    return TRUE;
}

// Words add to the list, the empty value, that of none, empties it (systemd.syntax(7)).
static void append_words(char **words, char ***list)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    if (words[0] && *list)
        g_strv_builder_addv(builder, (const char **)*list);
    for (guint i = 0; words[i]; i++)
        if (*words[i])
            g_strv_builder_add(builder, words[i]);
    g_strfreev(*list);
    *list = g_strv_builder_end(builder);
}

static gboolean parse_words(const char *value, gpointer member, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);

    append_words(words, member);
    return TRUE;
}

// ".." is taken literally here, before any symbolic link is followed: what is kept is what is opened.
static gboolean parse_paths(const char *value, gpointer member, GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);

    for (guint i = 0; words[i]; i++) {
        if (!*words[i])
            continue;
        if (!g_path_is_absolute(words[i]))
            return invalid(error, words[i], "an absolute path");
        char *word = words[i];

        words[i] = g_canonicalize_filename(word, "/");
        g_free(word);
    }
    append_words(words, member);
    return TRUE;
}

static gboolean parse_workers(const char *value, gpointer member, GError **error)
{
    guint *workers = member;
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(value, 10, 1, MAX_WORKERS, &number, NULL))
        return invalid(error, value, "a number from 1 to 64");
    *workers = (guint)number;
    return TRUE;
}

static gboolean parse_count(const char *value, gpointer member, GError **error)
{
    guint *count = member;
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(value, 10, 1, MAX_OBJECTS, &number, NULL))
        return invalid(error, value, "a number from 1 to 1000000");
    *count = (guint)number;
    return TRUE;
}

// With systemd's suffixes, to the base of 1024.
static gboolean parse_size(const char *value, gpointer member, GError **error)
{
    static const char suffixes[] = "KMGT";
    gsize length = strlen(value);
    const char *suffix = length > 0 ? strchr(suffixes, value[length - 1]) : NULL;
    g_autofree char *digits = g_strndup(value, length - (suffix ? 1 : 0));
    guint shift = suffix ? 10 * (guint)(suffix - suffixes + 1) : 0;
    guint64 *size = member, number = 0;

    if (!g_ascii_string_to_unsigned(digits, 10, 1, G_MAXINT64 >> shift, &number, NULL))
        return invalid(error, value, "a size in bytes, such as 256M");
    *size = number << shift;
    return TRUE;
}

static gboolean parse_cpuset(const char *value, gpointer member, GError **error)
{
    char **text = member;
    g_autoptr(GArray) cpus = *value ? config_parse_cpus(value, error) : NULL;

    if (*value && !cpus)
        return FALSE;
    g_free(*text);
    *text = *value ? g_strdup(value) : NULL;
    return TRUE;
}

// Of IPv4, as the guests' network is.
static gboolean parse_address(const char *value, gpointer member, GError **error)
{
    char **address = member;
    struct in_addr buffer;

    if (inet_pton(AF_INET, value, &buffer) != 1)
        return invalid(error, value, "an IPv4 address");
    g_free(*address);
    *address = g_strdup(value);
    return TRUE;
}

#define MEMBER(name) G_STRUCT_OFFSET(Config, name)

static const Setting settings[] = {
    { { "StateDirectory", "PATH", "/var/lib/vmi",
        "Where definitions, pools, scratch files and libvirt's state are kept." },
      MEMBER(state_directory),
      parse_path },
    { { "RuntimeDirectory", "PATH", "/run/vmi", "Where the sockets of running guests are." },
      MEMBER(runtime_directory),
      parse_path },
    { { "UseEmulation", "BOOLEAN", "no",
        "Run guests by software emulation instead of KVM: slow, but works everywhere. KubeVirt "
        "calls it "
        "developerConfiguration.useEmulation." },
      MEMBER(use_emulation),
      parse_boolean },
    { { "Emulator", "PATH", "", "The QEMU program; unset means the one that libvirt finds." },
      MEMBER(emulator),
      parse_path },
    { { "ReplaceMachineType", "BOOLEAN", "no",
        "Run a guest as q35 when its machine type is one that this host's QEMU does not have, such "
        "as one "
        "of another distribution, and say so in a warning. Without it such a guest is refused." },
      MEMBER(replace_machine_type),
      parse_boolean },
    { { "GuestUsers", "FIRST-LAST", "1900000000-1900004095",
        "The user and group ids that QEMU processes run as, one for each running guest. Nothing "
        "else on the host may use them: vmid says at its start what of /etc/subuid, /etc/subgid or "
        "the user database does. Neither useradd(8) nor systemd gives out the default. Guests "
        "that run keep the user they have." },
      MEMBER(uid_first),
      parse_users },
    { { "FeatureGates", "NAME...", "HostDisk",
        "KubeVirt's feature gates that are on. May be given several times; the empty value turns "
        "all off." },
      MEMBER(feature_gates),
      parse_words },
    { { "HostDiskPaths", "PATH...", "",
        "Directories below which hostDisk volumes may name image files. Unset means that hostDisk "
        "is refused. None may contain, or be in, StateDirectory=, RuntimeDirectory= or a directory "
        "of ManifestDirectories=. May be given several times; the empty value empties the list." },
      MEMBER(host_disk_paths),
      parse_paths },
    { { "ManifestDirectories", "PATH...", "/etc/vmi/manifests.d /usr/share/vmi/manifests.d",
        "Directories of manifests that are applied when vmid starts, in the order of their file "
        "names. A file hides "
        "those of the same name in later directories. The empty value empties the list." },
      MEMBER(manifest_directories),
      parse_paths },
    { { "Workers", "NUMBER", "4",
        "How many guests may be started, stopped or changed at the same time, 1 to 64." },
      MEMBER(workers),
      parse_workers },
    { { "SharedCPUs", "CPUS", "",
        "The host CPUs that guests share, such as \"0-3,8\"; the others are handed out to guests "
        "with "
        "dedicatedCpuPlacement. Unset means that all are shared." },
      MEMBER(shared_cpus),
      parse_cpuset },
    { { "ForwardAddress", "ADDRESS", "127.0.0.1",
        "The host address on which forwarded ports of guests listen." },
      MEMBER(forward_address),
      parse_address },
    { { "RegisterMachines", "BOOLEAN", "yes",
        "Register guests with systemd-machined, where it is installed, so that machinectl(1) lists "
        "them." },
      MEMBER(register_machines),
      parse_boolean },
    { { "NamespaceMaxObjects", "NUMBER", "10000",
        "How many objects a namespace may have; the objects that are in none, namespaces "
        "themselves, "
        "count as those of one more. Applying one more is refused; what is there stays." },
      MEMBER(namespace_objects),
      parse_count },
    { { "NamespaceMaxSize", "BYTES", "256M",
        "How large the definitions in a namespace may be together, about as JSON, with the usual "
        "suffixes K, M, G and T to the base of 1024. What users of a namespace write takes that "
        "much "
        "of "
        "vmid's memory at most, and of the file system with StateDirectory=." },
      MEMBER(namespace_bytes),
      parse_size },
};

const ConfigSetting *config_setting(guint index)
{
    return index < G_N_ELEMENTS(settings) ? &settings[index].public : NULL;
}

static const Setting *setting_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (g_str_equal(settings[i].public.name, name))
            return &settings[i];
    return NULL;
}

ConfigAssignResult config_assign(Config *self, const char *name, const char *value, GError **error)
{
    const Setting *setting = setting_find(name);

    if (!setting)
        return CONFIG_ASSIGN_UNKNOWN;
    if (!setting->parse(value, G_STRUCT_MEMBER_P(self, setting->offset), error)) {
        g_prefix_error(error, "%s=: ", name);
        return CONFIG_ASSIGN_INVALID;
    }
    return CONFIG_ASSIGN_OK;
}

Config *config_new(void)
{
    Config *self = g_new0(Config, 1);

    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (!settings[i].parse(settings[i].public.fallback,
                               G_STRUCT_MEMBER_P(self, settings[i].offset), NULL))
            g_assert_not_reached();
    return self;
}

void config_use_user_directories(Config *self)
{
    g_free(self->state_directory);
    self->state_directory = g_build_filename(g_get_user_state_dir(), "vmi", NULL);
    g_free(self->runtime_directory);
    self->runtime_directory = g_build_filename(g_get_user_runtime_dir(), "vmi", NULL);
    g_strfreev(self->manifest_directories);
    self->manifest_directories = g_new0(char *, 2);
    self->manifest_directories[0] =
        g_build_filename(g_get_user_config_dir(), "vmi", "manifests.d", NULL);
}

void config_drop_privileged(Config *self)
{
    self->uid_first = self->uid_count = 0;
    self->register_machines = FALSE;
}

void config_free(Config *self)
{
    if (!self)
        return;
    g_free(self->state_directory);
    g_free(self->runtime_directory);
    g_free(self->emulator);
    g_strfreev(self->feature_gates);
    g_strfreev(self->host_disk_paths);
    g_strfreev(self->manifest_directories);
    g_free(self->shared_cpus);
    g_free(self->forward_address);
    g_free(self);
}

// ---- what no single assignment can tell ------------------------------------------------------------------------

// Without the symbolic links in what there is of PATH. Owned.
static char *resolve(const char *path)
{
    char buffer[PATH_MAX];
    g_autofree char *parent = NULL, *name = NULL, *resolved = NULL;

    if (realpath(path, buffer))
        return g_strdup(buffer);
    if (g_str_equal(path, "/"))
        return g_strdup(path);
    parent = g_path_get_dirname(path);
    name = g_path_get_basename(path);
    resolved = resolve(parent);
    return g_build_filename(resolved, name, NULL);
}

static gboolean is_in(const char *path, const char *directory)
{
    gsize length = g_str_equal(directory, "/") ? 0 : strlen(directory);

    return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

// A guest may write what it likes into its images.
static gboolean check_apart(const char *host_disks, const char *own, const char *setting,
                            GError **error)
{
    g_autofree char *theirs = resolve(host_disks);
    g_autofree char *ours = resolve(own);

    if (!is_in(theirs, ours) && !is_in(ours, theirs))
        return TRUE;
    g_set_error(
        error, VMI_ERROR, VMI_ERROR_INVALID,
        "HostDiskPaths=: \"%s\" overlaps vmid's own directory \"%s\" (%s=), use one that is "
        "for images alone",
        host_disks, own, setting);
    return FALSE;
}

static gboolean check_host_disks(const Config *self, const char *path, GError **error)
{
    for (guint i = 0; self->manifest_directories[i]; i++)
        if (!check_apart(path, self->manifest_directories[i], "ManifestDirectories", error))
            return FALSE;
    return check_apart(path, self->state_directory, "StateDirectory", error) &&
           check_apart(path, self->runtime_directory, "RuntimeDirectory", error);
}

gboolean config_check(const Config *self, GError **error)
{
    if (!self->state_directory || !self->runtime_directory) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "%s= must not be empty",
                    self->state_directory ? "RuntimeDirectory" : "StateDirectory");
        return FALSE;
    }
    for (guint i = 0; self->host_disk_paths[i]; i++)
        if (!check_host_disks(self, self->host_disk_paths[i], error))
            return FALSE;
    return TRUE;
}

// ---- cpusets -------------------------------------------------------------------------------------------------

static int compare_cpus(gconstpointer a, gconstpointer b)
{
    const guint *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static gboolean parse_cpu(const char *text, guint64 *ret_cpu)
{
    return g_ascii_string_to_unsigned(text, 10, 0, MAX_CPU, ret_cpu, NULL);
}

GArray *config_parse_cpus(const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit_set(text, ", ", -1);
    g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(guint));
    guint kept = 0;

    for (guint i = 0; parts[i]; i++) {
        g_auto(GStrv) ends = g_strsplit(parts[i], "-", 2);
        guint64 first = 0, last = 0;

        if (!*parts[i])
            continue;
        if (!parse_cpu(ends[0], &first) || !parse_cpu(ends[1] ? ends[1] : ends[0], &last) ||
            last < first) {
            invalid(error, parts[i], "a CPU or a range of CPUs such as 0-3");
            return NULL;
        }
        for (guint cpu = (guint)first; cpu <= last; cpu++)
            g_array_append_val(cpus, cpu);
    }
    g_array_sort(cpus, compare_cpus);
    for (guint i = 0; i < cpus->len; i++)
        if (i == 0 || g_array_index(cpus, guint, i) != g_array_index(cpus, guint, kept - 1))
            g_array_index(cpus, guint, kept++) = g_array_index(cpus, guint, i);
    g_array_set_size(cpus, kept);
    return g_steal_pointer(&cpus);
}
