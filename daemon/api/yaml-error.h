// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to api/. libyaml's error, said so that its cause is found.
#pragma once

#include <yaml.h>

#include "api/finding.h"

// PARSER has failed on TEXT.
void api_yaml_report(const yaml_parser_t *parser, const char *text, gsize length,
                     ApiFindings *findings);
