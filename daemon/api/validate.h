// SPDX-License-Identifier: LGPL-2.1-or-later
// Every rule that needs only the object itself (behaviour reference section 7). All causes are collected. Runs on
// the object as written, before defaults; rules that upstream applies after defaults take the default into account.
// Fields whose table row says `later` or `refused` become errors here, `ignored` ones warnings, with no code per field.
#pragma once

#include "api/finding.h"
#include "api/manifest.h"

typedef struct {
    const char *const
        *feature_gates; // NULL-terminated; which gated fields are on ("HostDisk"); NULL: all
    const char *const
        *machines; // q35 machine types that QEMU has, NULL-terminated; NULL: not known
    gboolean replace_machine_type; // q35 is used instead of one that is none of these
} ApiValidateContext;

void api_object_validate(const ApiObject *object, const ApiValidateContext *context,
                         ApiFindings *findings);

enum {
    API_IO_THREADS_MAX =
        512, // of a supplemental pool: far beyond use, well below what breaks libvirt
    API_IMAGE_MIN = 1024 * 1024, // bytes: the sizes of images that vmid makes are whole MiB
    // Prefix lengths of pod.vmNetworkCIDR: network, gateway, guest, name server and broadcast need an address each.
    API_POD_PREFIX_MIN = 8,
    API_POD_PREFIX_MAX = 29,
};

// Such a card has all of its ports opened upstream, and none here: a host's ports are not one guest's.
#define API_NO_PORTS_REMEDY "list those that are to be reached, as ports: [{port: 22}]"
// The same for a guest that lists no interface: the one that it is given has no place for ports.
#define API_NO_INTERFACE_REMEDY \
    "list one with its ports, as interfaces: [{name: default, masquerade: {}, ports: [{port: " \
    "22}]}], and its network as networks: [{name: default, pod: {}}]"
gboolean api_interface_lists_no_port(const ApiInterface *interface);

// Whether TYPE is one of MACHINES, or these are not known (NULL).
gboolean api_machine_is_known(const char *const *machines, const char *type);
char *api_machine_list(const char *const *machines); // "q35, pc-q35-7.2"; owned

// What begins like this some cloud-init or Ignition reads. DATA ends with a zero byte past LENGTH.
gboolean api_user_data_is_readable(const char *data, gsize length);
#define API_USER_DATA_UNREADABLE \
    "no cloud-init reads this user data: it is no text that begins with '#', no MIME, gzip or " \
    "Ignition"
#define API_USER_DATA_REMEDY "begin it with #cloud-config, or #! and an interpreter"

// What a disk may have as its serial number, and that rule for a person.
#define API_SERIAL_MAX 256
#define API_SERIAL_RULE "at most 256 letters, digits, '_', '.', '+' and '-'"
gboolean api_serial_is_valid(const char *serial);
// Characters: more than MOST and QEMU does not start; what follows the first KEPT the guest does not see.
guint api_serial_most(ApiDiskBus bus);
guint api_serial_kept(ApiDiskBus bus);
char *api_serial_seen(const char *serial, ApiDiskBus bus); // owned

// Names that become part of paths, units and bus paths.
gboolean api_name_is_dns_subdomain(const char *name); // RFC 1123, <= 253
gboolean api_name_is_dns_label(const char *name);     // RFC 1123, <= 63
gboolean api_name_is_volume(
    const char *name); // dns label, where '_' counts as a letter too (KubeVirt's guide does it)
gboolean api_name_is_claim(const char *name);    // dns subdomain, where '_' counts as a letter too
gboolean api_name_is_port(const char *name);     // IANA service name, <= 15
gboolean api_name_is_label_key(const char *key); // [dns subdomain/]qualified name
gboolean api_name_is_label_value(const char *value); // empty or a qualified name
gboolean api_name_is_data_key(const char *key); // of a Secret or ConfigMap: [-._a-zA-Z0-9], <= 253
