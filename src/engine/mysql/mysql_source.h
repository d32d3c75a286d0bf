// The Source of the engine names mysql and mariadb. Holds no connection between calls: each function opens its own and closes it,
// and the readers that it makes have theirs. One thread, except cancel().
#pragma once

#include <memory>

#include "tidemark/config.h"
#include "tidemark/source.h"

namespace tidemark {

/// `config.engine` says which of the two the user expects; a server of the other kind is refused by check().
std::unique_ptr<Source> make_mysql_source(const SourceConfig& config);

}  // namespace tidemark
