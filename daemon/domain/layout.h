// SPDX-License-Identifier: LGPL-2.1-or-later
// Where things are, as pure arithmetic on names, so that `vmictl render` can print paths "as
// planned" and every layer means the same file. Names were validated (api/names.c) before they get
// here; a name with '/' is a bug (g_assert). All results are owned by the caller.
#pragma once

#include <glib.h>

#define LAYOUT_STATE_ROOT "/var/lib/vmi"
#define LAYOUT_RUN_ROOT "/run/vmi"

// The roots are arguments of the daemon (StateDirectory=, RuntimeDirectory=); render uses the
// defaults above.
typedef struct {
    const char *state; // "/var/lib/vmi"
    const char *run;   // "/run/vmi"
} Layout;

char *layout_claim_dir(const Layout *self, const char *pool, const char *namespace,
                       const char *claim);
char *layout_claim_image(const Layout *self, const char *pool, const char *namespace,
                         const char *claim);
char *layout_scratch_dir(const Layout *self, const char *namespace,
                         const char *name); // of one run; one at a time
char *layout_scratch_file(const Layout *self, const char *namespace, const char *name,
                          const char *volume,
                          const char *suffix); // ".qcow2", ".iso"
char *layout_guest_run_dir(const Layout *self, const char *namespace, const char *name); // sockets
char *layout_run_record(const Layout *self, const char *namespace,
                        const char *name); // runs/record.h
char *layout_console_socket(const Layout *self, const char *namespace, const char *name);
char *layout_agent_socket(const Layout *self, const char *namespace, const char *name);
char *layout_passt_dir(const Layout *self, const char *namespace, const char *name);
char *layout_passt_file(const Layout *self, const char *namespace, const char *name, guint number,
                        const char *suffix); // in that directory; ".sock", ".pid"

// "<namespace>_<name>", as KubeVirt names domains.
char *layout_domain_name(const char *namespace, const char *name);
// Back: {namespace, name, NULL}, or NULL when it is no such name.
char **layout_domain_owner(const char *domain_name);
// "vmi-<namespace>-<name>.scope", labels escaped as systemd.unit(5) "String Escaping for Inclusion
// in Unit Names".
char *layout_scope_name(const char *namespace, const char *name);
// Back: {namespace, name, NULL}, or NULL when it is no such unit or does not tell.
char **layout_scope_owner(const char *unit);
char *layout_slice_name(const char *namespace); // "machine-vmi-<namespace>.slice"
char *layout_machine_name(const char *namespace,
                          const char *name); // for machined: "<name>.<namespace>"
