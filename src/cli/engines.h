// The engines that this binary has: one line each. Any thread.
#pragma once

#include "tidemark/engine.h"

namespace tidemark {

const Engines& all_engines();

}  // namespace tidemark
