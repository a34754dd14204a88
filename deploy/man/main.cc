// roster-manual TEMPLATE PAGE: writes a page of the manual. A tool of the build.

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>

#include "deploy/man/manual.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "roster-manual: two files: the template, and the page to write\n";
    return 2;
  }
  try {
    std::ifstream source(argv[1]);
    std::stringstream text;
    text << source.rdbuf();
    std::ofstream page(argv[2]);
    page << roster::manual::MakePage(text.str());
    page.close();
    if (source && page) return 0;
    std::cerr << "roster-manual: " << argv[1] << " can't be read, or " << argv[2]
              << " can't be written\n";
  } catch (const std::exception& error) {
    std::cerr << "roster-manual: " << argv[1] << ": " << error.what() << '\n';
  }
  return 1;
}
