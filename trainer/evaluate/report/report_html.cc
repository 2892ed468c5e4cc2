#include "trainer/evaluate/report/report_html.h"

#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

#include "page/html.h"
#include "trainer/evaluate/report/report_html_sections.h"

namespace tremorcast {
namespace {

struct PageSection {
  absl::string_view id, title;
  std::string html;
};

// Without the empty ones.
std::vector<PageSection> Sections(const EvaluationReport& report) {
  std::vector<PageSection> all = {
      {"data", "Data", DataSection(report)},
      {"gain", "Gain over climatology", GainForestSection(report)},
      {"tables", "Tables", MethodTablesSection(report)},
      {"confusion", "Confusion matrices", ConfusionSection(report)},
      {"reliability", "Reliability", ReliabilitySection(report)},
      {"roc", "ROC and Molchan diagram", RocMolchanSection(report)},
      {"events", "Yes-no scores", EventScoresSection(report)},
      {"parts", "Gain by region and class", GainPartsSection(report)},
      {"placebos", "Placebo runs", PlaceboSection(report)},
      {"variants", "Variants", VariantSection(report)},
      {"curves", "Loss curves", CurvesSection(report)},
      {"reading", "Caveats and published figures", ReadingSection(report)},
      {"made", "How it was made", MadeSection(report)},
      {"glossary", "What the numbers mean", GlossarySection()},
  };
  std::erase_if(all, [](const PageSection& section) { return section.html.empty(); });
  return all;
}

std::string Contents(const std::vector<PageSection>& sections) {
  std::string out = "<nav class=\"contents\" aria-label=\"Contents\">\n<ul>\n";
  for (const PageSection& section : sections) {
    absl::StrAppend(&out, "<li><a href=\"#", section.id, "\">", section.title, "</a></li>\n");
  }
  absl::StrAppend(&out, "</ul>\n</nav>\n");
  return out;
}

}  // namespace

std::string RenderHtml(const EvaluationReport& report) {
  const std::string title = report.title.empty() ? "Report" : EscapeHtml(report.title);
  const std::vector<PageSection> sections = Sections(report);
  std::string out = absl::StrCat(OpenPage("en", title, ""),
                                 "<a class=\"skip\" href=\"#main\">Skip to the verdict</a>\n<main id=\"main\">\n",
                                 "<h1>", title, "</h1>\n", VerdictPart(report), Contents(sections));
  for (const PageSection& section : sections) {
    absl::StrAppend(&out, "<section aria-labelledby=\"", section.id, "\">\n<h2 id=\"", section.id, "\">", section.title,
                    "</h2>\n", section.html, "</section>\n");
  }
  absl::StrAppend(&out,
                  "</main>\n<footer><p>Tremorcast. Research use: no one can predict the exact time or place of an ",
                  "earthquake.</p></footer>\n</body>\n</html>\n");
  return out;
}

}  // namespace tremorcast
