// Passwords: where the configuration says they are, and reading them. Their values never enter a message. Any thread.
#pragma once

#include "config/section.h"
#include "tidemark/config.h"

namespace tidemark {

/// `password: {file: PATH}`, `{env: NAME}` or `{credential: NAME}`; empty when the section has no password.
Secret read_password(Section& section, ReadContext& context);

}  // namespace tidemark
