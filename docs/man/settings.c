// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints the table of vmid's settings when the project is built: "man" as reStructuredText for vmid.conf(5), "file" as the lines of
// the example file that is installed, with which a test compares it. Not installed.
#include <stdio.h>
#include <string.h>

#include "config/config.h"

int main(int argc, char **argv)
{
    gboolean man = argc == 2 && strcmp(argv[1], "man") == 0;
    const ConfigSetting *setting;

    for (guint i = 0; (setting = config_setting(i)); i++) {
        if (!man)
            printf("#%s=%s\n", setting->name, setting->fallback);
        else
            printf("\n**%s=** *%s*\n    %s %s%s%s\n", setting->name, setting->syntax, setting->doc,
                   *setting->fallback ? "Default: ``" : "No default", setting->fallback,
                   *setting->fallback ? "``." : ".");
    }
    return 0;
}
