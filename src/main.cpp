// The program: hands the command line to its commands.
#include "application/cli/command.hpp"

int main(int argc, char** argv) { return sinan::cli::run(argc, argv); }
