#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tidemark {

bool stderr_is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

TerminalSize terminal_size() {
  winsize size{};
  TerminalSize out;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    out.columns = size.ws_col;
    out.rows = size.ws_row;
  }
  return out;
}

Painter::Painter(const Arguments& arguments) {
  const char* term = std::getenv("TERM");
  on_ = !arguments.no_color && isatty(STDOUT_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

std::string Painter::paint(Colour colour, const std::string& text) const {
  if (!on_) return text;
  switch (colour) {
    case Colour::green: return "\x1b[32m" + text + "\x1b[0m";
    case Colour::yellow: return "\x1b[33m" + text + "\x1b[0m";
    case Colour::red: return "\x1b[31m" + text + "\x1b[0m";
    case Colour::bold: return "\x1b[1m" + text + "\x1b[0m";
  }
  return text;
}

}  // namespace tidemark
