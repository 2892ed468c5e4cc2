#include <absl/strings/string_view.h>

#include "page/html.h"

namespace tremorcast {

absl::string_view PageStyle() {
  return R"css(
:root { color-scheme: light dark; --tint: #f3f5f7; --warn: #fff4d6; --warn-edge: #a06a00; --link: #00508a;
  --heat: #2a78b5; }
@media (prefers-color-scheme: dark) {
  :root { --tint: #20252b; --warn: #3a2f12; --warn-edge: #e0aa3e; --link: #8fcbff; --heat: #3d8fd0; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 0 1rem 3rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
p, ul, ol, .facts, .words { max-width: 46rem; }
ul, ol { padding-left: 1.3rem; }
li { margin: .25rem 0; }
a { color: var(--link); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 2.8rem 0 .6rem; padding-top: .7rem;
  border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; background: var(--tint); padding: .7rem; border-radius: .3rem; max-width: 60rem; }
.skip { position: absolute; left: -99rem; background: var(--paper); padding: .6rem 1rem; z-index: 2; }
.skip:focus { left: .5rem; top: .5rem; }
a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.soft { color: var(--soft); }
.verdict { border-left: .4rem solid var(--c1); background: var(--tint); padding: .8rem 1rem; margin: 1rem 0;
  border-radius: 0 .3rem .3rem 0; }
.verdict.yes { border-left-color: var(--c2); }
.verdict p { margin: 0; font-size: 1.2rem; line-height: 1.4; }
.verdict .badge { font-size: .9rem; font-weight: 700; margin-bottom: .3rem; }
.note { border: 1px solid var(--rule); padding: .6rem .9rem; margin: .8rem 0; border-radius: .3rem; max-width: 46rem; }
.warn { border: 1px solid var(--warn-edge); border-left-width: .4rem; background: var(--warn); padding: .6rem .9rem;
  margin: .8rem 0; border-radius: .3rem; max-width: 46rem; }
.note p, .warn p { margin: 0; }
.contents ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; max-width: none; }
.contents li { margin: 0; }
.contents a { display: inline-block; padding: .35rem 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .7rem 1.2rem;
  margin: .8rem 0; max-width: 60rem; }
.facts dt { color: var(--soft); font-size: .85rem; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts .long { grid-column: 1 / -1; }
.whole { white-space: nowrap; }
.words dt { font-weight: 700; margin-top: .8rem; }
.words dd { margin: .1rem 0 0; }
.scroll { overflow-x: auto; margin: 1rem 0; max-width: 100%; position: relative; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 700; padding: 0 0 .4rem; position: sticky; left: 0;
  max-width: min(46rem, calc(100vw - 2rem)); }
th, td { padding: .3rem .42rem; text-align: right; vertical-align: top; white-space: nowrap;
  border-bottom: 1px solid var(--rule); }
thead th { vertical-align: bottom; white-space: normal; min-width: 4rem; border-bottom: 2px solid var(--soft); }
th:first-child, .t { text-align: left; }
td.t { white-space: normal; min-width: 14rem; }
td.t.short { white-space: nowrap; min-width: 0; }
td.wide { min-width: 17rem; }
tbody th { font-weight: 600; white-space: normal; min-width: 7rem; max-width: 13rem; position: sticky; left: 0;
  background: var(--paper); z-index: 1; overflow-wrap: break-word; }
tbody th.proposed { background: var(--tint); }
thead th:first-child { position: sticky; left: 0; background: var(--paper); z-index: 1; }
.proposed { background: var(--tint); }
.heat td { text-align: center; border: 1px solid var(--rule); min-width: 3rem; line-height: 1.25; }
.heat th { min-width: 3rem; }
.heat tbody th { min-width: 5.5rem; }
.heat td small { display: block; color: inherit; }
.heat td.right { outline: 2px solid var(--ink); outline-offset: -3px; }
.heat td.h1 { background: color-mix(in srgb, var(--heat) 14%, var(--paper)); }
.heat td.h2 { background: color-mix(in srgb, var(--heat) 28%, var(--paper)); }
.heat td.h3 { background: color-mix(in srgb, var(--heat) 42%, var(--paper)); }
.heat td.h4 { background: color-mix(in srgb, var(--heat) 56%, var(--paper)); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.2rem;
  align-items: start; }
.plots.one { grid-template-columns: minmax(0, 30rem); }
figure { margin: 0; min-width: 0; max-width: 34rem; }
figcaption { font-size: .88rem; color: var(--soft); margin-top: .3rem; }
figcaption strong { color: var(--ink); }
footer { margin-top: 3rem; color: var(--soft); font-size: .88rem; }
@media print {
  :root { color-scheme: light; --tint: #fff; --warn: #fff; --warn-edge: #000; --link: #000; --heat: #fff; }
  @page { margin: 14mm; }
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  .skip, .contents { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 7.2pt; }
  th, td { padding: .15rem .3rem; }
  thead th { min-width: 0; }
  tbody th { position: static; min-width: 0; }
  td.t, td.wide { min-width: 0; }
  h2, h3, .soft { break-after: avoid; }
  figure, tbody, tr, .verdict, .warn, .facts div { break-inside: avoid; }
  caption { break-after: avoid; }
  .heat { break-inside: avoid; }
  .plots, .plots.one { display: block; }
  .plots figure, .plots .heat { display: inline-block; width: 47%; margin: 0 2% .8rem 0; vertical-align: top; }
  .plots.one figure { width: 60%; }
  .scroll, li, dd { break-inside: avoid; }
  p.soft, caption, dt { break-after: avoid; }
  footer { margin-top: 1rem; break-before: avoid; }
  a { text-decoration: none; }
}
)css";
}

}  // namespace tremorcast
