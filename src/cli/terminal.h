// What stdout and stderr are connected to, and colours where they are wanted. Any thread.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace tidemark {

bool stderr_is_terminal();
/// Columns and rows of the terminal at stderr; 80 x 24 when not known.
struct TerminalSize {
  size_t columns = 80;
  size_t rows = 24;
};
TerminalSize terminal_size();

enum class Colour { green, yellow, red, bold };
/// `text` in a colour when stdout is a terminal that has them and nobody said no.
class Painter {
 public:
  explicit Painter(const Arguments& arguments);
  std::string paint(Colour colour, const std::string& text) const;

 private:
  bool on_;
};

}  // namespace tidemark
