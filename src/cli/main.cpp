#include "cli/command.h"

int main(int argc, char** argv) { return tidemark::run_command(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc)); }
