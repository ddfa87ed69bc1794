// SPDX-License-Identifier: LGPL-2.1-or-later
// See log-control.h. The target is where the process was started to log to and cannot be changed.
#include "bus/log-control.h"

#include <errno.h>
#include <syslog.h>
#include <unistd.h>

static const char *const level_names[] = {
    [LOG_EMERG] = "emerg",     [LOG_ALERT] = "alert",   [LOG_CRIT] = "crit", [LOG_ERR] = "err",
    [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice", [LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};

// The same as g_log_writer_journald() has in PRIORITY=.
static int level_of(GLogLevelFlags flags)
{
    static const struct {
        GLogLevelFlags flag;
        int level;
    } map[] = {
        { G_LOG_LEVEL_ERROR, LOG_ERR },       { G_LOG_LEVEL_CRITICAL, LOG_WARNING },
        { G_LOG_LEVEL_WARNING, LOG_WARNING }, { G_LOG_LEVEL_MESSAGE, LOG_NOTICE },
        { G_LOG_LEVEL_INFO, LOG_INFO },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(map); i++)
        if (flags & map[i].flag)
            return map[i].level;
    return LOG_DEBUG;
}

static GLogWriterOutput write_log(GLogLevelFlags flags, const GLogField *fields, gsize n_fields,
                                  gpointer user_data)
{
    LogControl *self = user_data;

    if (level_of(flags) > g_atomic_int_get(&self->max_level))
        return G_LOG_WRITER_HANDLED;
    if (g_log_writer_is_journald(STDERR_FILENO) &&
        g_log_writer_journald(flags, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
        return G_LOG_WRITER_HANDLED;
    return g_log_writer_standard_streams(flags, fields, n_fields, NULL);
}

void log_control_install(LogControl *self)
{
    g_log_writer_default_set_use_stderr(TRUE); // also for standard_streams below
    g_log_set_writer_func(write_log, self, NULL);
}

static int get_level(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    LogControl *self = userdata;

    return sd_bus_message_append(reply, "s", level_names[g_atomic_int_get(&self->max_level)]);
}

static int set_level(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *value, void *userdata, sd_bus_error *ret_error)
{
    LogControl *self = userdata;
    const char *name = NULL;
    int r = sd_bus_message_read_basic(value, 's', &name);

    if (r < 0)
        return r;
    for (size_t level = 0; level < G_N_ELEMENTS(level_names); level++)
        if (g_str_equal(level_names[level], name)) {
            g_atomic_int_set(&self->max_level, (int)level);
            return 0;
        }
    return sd_bus_error_setf(ret_error, SD_BUS_ERROR_INVALID_ARGS, "there is no log level \"%s\"",
                             name);
}

static const char *target(void)
{
    return g_log_writer_is_journald(STDERR_FILENO) ? "journal" : "console";
}

static int get_target(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_message_append(reply, "s", target());
}

static int set_target(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *value, void *userdata, sd_bus_error *ret_error)
{
    const char *name = NULL;
    int r = sd_bus_message_read_basic(value, 's', &name);

    if (r < 0 || g_str_equal(name, target()))
        return r < 0 ? r : 0;
    return sd_bus_error_setf(ret_error, SD_BUS_ERROR_NOT_SUPPORTED,
                             "vmid logs to the %s and cannot change that while it runs", target());
}

static int get_identifier(sd_bus *bus, const char *path, const char *interface,
                          const char *property, sd_bus_message *reply, void *userdata,
                          sd_bus_error *ret_error)
{
    return sd_bus_message_append(reply, "s", g_get_prgname());
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get_level, set_level, 0, 0),
    SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get_target, set_target, 0, 0),
    SD_BUS_PROPERTY("SyslogIdentifier", "s", get_identifier, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};

int log_control_register(LogControl *self, sd_bus *bus, sd_bus_slot **ret_slot)
{
    return sd_bus_add_object_vtable(bus, ret_slot, "/org/freedesktop/LogControl1",
                                    "org.freedesktop.LogControl1", vtable, self);
}
