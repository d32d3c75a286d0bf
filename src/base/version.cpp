#include "tidemark/version.h"

namespace tidemark {
std::string_view version() { return TIDEMARK_VERSION; }
std::string_view git_commit() { return TIDEMARK_COMMIT; }
}  // namespace tidemark
