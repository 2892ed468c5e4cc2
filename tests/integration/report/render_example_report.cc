// Writes an example report as a page into a file: render_example_report rich|curves FILE.
#include <fstream>
#include <iostream>
#include <string>

#include "tests/support/example_report.h"
#include "trainer/evaluate/report/report_html.h"

int main(int argc, char** argv) {
  const std::string which = argc == 3 ? argv[1] : "";
  if (which != "rich" && which != "curves") {
    std::cerr << "usage: render_example_report rich|curves FILE\n";
    return 2;
  }
  std::ofstream file(argv[2], std::ios::binary);
  file << tremorcast::RenderHtml(which == "rich" ? tremorcast::RichReport() : tremorcast::CurvesOnlyReport());
  file.close();
  return file ? 0 : 1;
}
