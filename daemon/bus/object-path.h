// SPDX-License-Identifier: LGPL-2.1-or-later
// Object paths: /org/example/Vmi1/<collection>/<namespace>/<name>, each label escaped as
// sd_bus_path_encode(3) does. Pure.
#pragma once

#include <glib.h>

#define BUS_NAME "org.example.Vmi1"
#define BUS_ROOT "/org/example/Vmi1"
#define BUS_INSTANCES BUS_ROOT "/instance"
#define BUS_VOLUMES BUS_ROOT "/volume"
#define BUS_POOLS BUS_ROOT "/pool"
#define BUS_JOBS BUS_ROOT "/job"

// PREFIX is one of the collections above. Owned.
char *object_path_of(const char *prefix, const char *namespace, const char *name);
char *object_path_of_pool(const char *name);
char *object_path_of_job(guint id);

// TRUE, and owned copies, only for the one spelling that object_path_of() gives: no object has two
// paths.
gboolean object_path_parse(const char *path, const char *prefix, char **ret_namespace,
                           char **ret_name);
gboolean object_path_parse_pool(const char *path, char **ret_name);
gboolean object_path_parse_job(const char *path, guint *ret_id);
