#include <array>
#include <string>

#include <absl/strings/str_cat.h>

#include "trainer/evaluate/report/report_html_sections.h"

namespace tremorcast {
namespace {

struct Word {
  const char* name;
  const char* meaning;  // HTML
};

constexpr std::array kWords = {
    Word{"Climatology",
         "The forecast that knows only how often each class came before, by region. Whoever cannot beat "
         "it has no skill."},
    Word{"Gain (nats per row)",
         "Mean of ln(p / c) of the class that came: p our probability, c that of the reference. "
         "Above 0 is better than the reference; 0.1 is about 10 % more probability on what came."},
    Word{"95 % interval",
         "From a block bootstrap of whole weeks, all regions together; blocks are as long as neighbouring "
         "weeks depend on each other, at least four. A gain is only claimed where the lower end is above 0."},
    Word{"Catalogue-only model",
         "Knows past earthquakes and nothing of the stations. A model of signals must beat it "
         "too before anyone may speak of precursors."},
    Word{"Pool, weight in the pool",
         "What is issued is a mixture of the network and climatology. The calibration period "
         "chooses the weight of the network; 0 means that climatology is issued."},
    Word{"Balanced answer",
         "The class the network names as if all classes were equally frequent. The paper scores this."},
    Word{"Macro recall", "Mean over classes of the share found. Always naming one of K classes scores 1 / K."},
    Word{"Accuracy", "Share of right answers. High by itself where one class is frequent: it proves no skill."},
    Word{"Log score, Brier, RPS",
         "Errors of the probabilities; lower is better. Only differences on the same rows mean "
         "something."},
    Word{"Reliability", "Whether events come as often as forecast."},
    Word{"ROC area, Molchan area skill",
         "Whether higher forecasts precede events; 0.5 is none. Knowing the active regions "
         "is enough to be above it."},
    Word{"Smallest gain this test could have seen",
         "Half the width of the interval. A true gain below it could not have "
         "been told from none."},
    Word{"Placebo run",
         "The same training on inputs or outcomes that cannot carry skill. A gain there is a mistake in "
         "the method."},
    Word{"Circular shifts",
         "The outcomes moved in time, all regions together: how often a gain as large comes by chance."},
};

}  // namespace

std::string GlossarySection() {
  std::string out = "<dl class=\"words\">\n";
  for (const Word& word : kWords) {
    absl::StrAppend(&out, "<dt>", word.name, "</dt><dd>", word.meaning, "</dd>\n");
  }
  absl::StrAppend(&out, "</dl>\n");
  return out;
}

}  // namespace tremorcast
