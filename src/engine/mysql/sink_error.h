// What a failure at a MySQL or MariaDB sink means: its kind, a text without row values, and what to do about it.
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/error.h"

namespace tidemark::mysql {

/// The error for a number of the server or of libmariadb. `hint`: what is known of connecting; used where there is nothing better.
Error sink_error(std::string_view what_failed, unsigned number, std::string_view sqlstate, std::string_view message, std::string hint = {});
/// The server's message without what it quotes of rows.
std::string message_without_values(unsigned number, std::string_view sqlstate, std::string_view message);
/// A deadlock: the server has rolled the whole transaction back, and the same batch may be written again at once.
bool is_deadlock(const Error& error);

}  // namespace tidemark::mysql
