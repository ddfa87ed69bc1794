// SPDX-License-Identifier: LGPL-2.1-or-later
// vmid.conf(5): /etc/vmi/vmid.conf and drop-ins /{usr/lib,run,etc}/vmi/vmid.conf.d/*.conf, systemd.syntax(7) style. One table row
// per setting; unknown settings are warnings with file and line, bad values errors. Rows carry the man page's text.
#pragma once

#include <glib.h>

typedef struct {
    char *state_directory;   // StateDirectory=, /var/lib/vmi
    char *runtime_directory; // RuntimeDirectory=, /run/vmi
    gboolean
        use_emulation; // UseEmulation=, no: software emulation instead of KVM, KubeVirt's developerConfiguration.useEmulation
    char *emulator;    // Emulator=, NULL
    gboolean replace_machine_type; // ReplaceMachineType=, no
    guint32 uid_first,
        uid_count;          // GuestUsers=FIRST-LAST, 1900000000-1900004095; count 0: without root
    char **feature_gates;   // FeatureGates=, HostDisk
    char **host_disk_paths; // HostDiskPaths=, none
    char **
        manifest_directories; // ManifestDirectories=, /etc/vmi/manifests.d /usr/share/vmi/manifests.d
    guint workers;            // Workers=, 4
    char *
        shared_cpus; // SharedCPUs=, NULL = all CPUs; cpuset list; the rest is for dedicatedCpuPlacement
    char *forward_address;      // ForwardAddress=, 127.0.0.1
    gboolean register_machines; // RegisterMachines=, yes
    guint namespace_objects;    // NamespaceMaxObjects=, 10000
    guint64 namespace_bytes;    // NamespaceMaxSize=, 256M
} Config;

// The section all settings belong to: "[Manager]".
#define CONFIG_SECTION "Manager"

// What the man page and the shipped example file are made from.
typedef struct {
    const char *name;     // "GuestUsers"
    const char *syntax;   // "FIRST-LAST"
    const char *fallback; // as it would be written in the file; "" when there is none
    const char *doc;      // a sentence or two
} ConfigSetting;
const ConfigSetting *config_setting(guint index); // NULL past the last

// FILE NULL: the standard places; else that file alone, which must exist. USER: for a user's own vmid, whose places are
// below $XDG_CONFIG_HOME/vmi, and who has no users or machines to give. Warnings (unknown keys) as GPtrArray of char *.
Config *config_load(const char *file, gboolean user, GPtrArray **ret_warnings,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
// As above with the places as arguments: FILE may be missing; DROPIN_DIRECTORIES is NULL-terminated, the most important
// first: a file hides those of the same name in later ones. Files apply in the order of their names.
Config *config_load_from(const char *file, const char *const *dropin_directories,
                         GPtrArray **ret_warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void config_free(Config *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

// "0-3,8" as a GArray of guint, ascending and unique.
GArray *config_parse_cpus(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
