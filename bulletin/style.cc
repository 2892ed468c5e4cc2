#include <absl/strings/str_cat.h>

#include "bulletin/pages.h"
#include "core/base/time_grid.h"
#include "page/html.h"

namespace tremorcast::bulletin {

absl::string_view BulletinStyle() {
  return R"css(
:root { --rate: #8a2f06; }
@media (prefers-color-scheme: dark) { :root { --rate: #ffb45e; } }
@media print { :root { --rate: #000; } }
.top { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; justify-content: space-between; margin-top: .8rem; }
.top a { display: inline-block; padding: .35rem 0; }
figure.map { max-width: 34rem; margin: 1rem 0; }
figure.map.one { max-width: 22rem; }
@media (min-width: 64rem) {
  .head { display: grid; grid-template: auto 1fr / minmax(0, 1fr) 24rem; gap: 0 2.5rem; }
  .head figure.map { grid-area: 1 / 2 / 3; margin: 0; }
}
svg.map { display: block; width: 100%; height: auto; }
.map text { font-size: 10px; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 2.5px;
  stroke-linejoin: round; }
.map .big { font-size: 12px; font-weight: 700; }
.map .grid { stroke: var(--rule); stroke-width: .5; }
.map .tick { font-size: 7px; fill: var(--soft); }
.map .region { stroke: var(--ink); stroke-width: .7; fill-rule: evenodd; }
.map .whole { fill: none; stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 3; }
.map .nodata { fill: url(#hatch); stroke: none; pointer-events: none; }
.map a:hover .region, .map a:focus .region { stroke-width: 2; }
.map a:focus { outline: none; }
.map a:focus-visible .region { stroke: var(--link); stroke-width: 3; }
.p0 { fill: color-mix(in srgb, var(--heat) 4%, var(--paper)); }
.p1 { fill: color-mix(in srgb, var(--heat) 16%, var(--paper)); }
.p2 { fill: color-mix(in srgb, var(--heat) 32%, var(--paper)); }
.p3 { fill: color-mix(in srgb, var(--heat) 50%, var(--paper)); }
.p4 { fill: color-mix(in srgb, var(--heat) 70%, var(--paper)); }
.p5 { fill: color-mix(in srgb, var(--heat) 92%, var(--paper)); }
.map .rated { fill: none; pointer-events: all; }
.cells { shape-rendering: crispEdges; pointer-events: none; }
.r0 { fill: color-mix(in srgb, var(--rate) 3%, var(--paper)); }
.r1 { fill: color-mix(in srgb, var(--rate) 16%, var(--paper)); }
.r2 { fill: color-mix(in srgb, var(--rate) 33%, var(--paper)); }
.r3 { fill: color-mix(in srgb, var(--rate) 52%, var(--paper)); }
.r4 { fill: color-mix(in srgb, var(--rate) 74%, var(--paper)); }
.r5 { fill: color-mix(in srgb, var(--rate) 96%, var(--paper)); }
.scale { font-size: .85rem; margin: .6rem 0 0; }
.working { fill: var(--c2); stroke: var(--paper); stroke-width: .5; }
.partial { fill: var(--paper); stroke: var(--c0); stroke-width: 1.2; }
.silent { fill: none; stroke: var(--c1); stroke-width: 1.2; }
.notenrolled { fill: none; stroke: var(--soft); stroke-width: .6; }
.event { fill: none; stroke: var(--c3); stroke-width: 1.4; }
.legend { list-style: none; padding: 0; margin: .5rem 0 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem;
  font-size: .85rem; max-width: none; }
.legend li { display: flex; align-items: center; gap: .35rem; margin: 0; }
.legend svg { width: 1.3rem; height: 1rem; flex: none; }
.legend rect { stroke: var(--soft); stroke-width: .5; }
.came { font-weight: 700; outline: 2px solid var(--c3); outline-offset: -3px; }
.past td { text-align: center; min-width: 3.4rem; }
.past td small { display: block; }
.multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .6rem .8rem;
  margin: .8rem 0; padding: 0; list-style: none; max-width: none; }
.multiples li { margin: 0; min-width: 0; }
.multiples svg { display: block; width: 100%; height: auto; border: 1px solid var(--rule); }
.multiples .line { fill: none; stroke: var(--c0); stroke-width: 1; stroke-linejoin: round; }
.multiples .gap { fill: var(--warn); stroke: none; }
.multiples b { display: block; font-size: .78rem; font-weight: 600; overflow-wrap: anywhere; line-height: 1.25; }
.multiples small { color: var(--soft); font-variant-numeric: tabular-nums; }
@media print { figure.map { max-width: 12cm; break-inside: avoid; } .top a { display: none; } }
)css";
}

std::string OpenBulletinPage(const Bulletin& bulletin, const Words& words, absl::string_view stem,
                             absl::string_view heading) {
  const std::string title = EscapeHtml(heading);
  const Words other(words.language() == Language::kEnglish ? Language::kChinese : Language::kEnglish);
  std::string out = absl::StrCat(OpenPage(words.code(), title, BulletinStyle()), "<a class=\"skip\" href=\"#main\">",
                                 words("Skip to the forecast", "跳到正文"), "</a>\n<header class=\"top\"><a href=\"",
                                 words.File("index"), "\">", words("Bulletin", "通报首页"), "</a><a href=\"",
                                 other.File(stem), "\" lang=\"", other.code(), "\" hreflang=\"", other.code(), "\">",
                                 other("English", "中文"), "</a></header>\n<main id=\"main\">\n<h1>", title, "</h1>\n");
  if (bulletin.replay) {
    out += Warning(absl::StrCat(words("<strong>Replay: not the present time.</strong> Here it is ",
                                      "<strong>回放：并非当前时间。</strong>此处时间为 "),
                                LocalMinute(bulletin.made_at), " UTC+8", words(".", "。")));
  }
  return out;
}

std::string CloseBulletinPage(const Bulletin& bulletin, const Words& words) {
  return absl::StrCat("</main>\n<footer><p>Tremorcast. ", Notice(words), "</p><p>", words("Made ", "生成时间："),
                      LocalMinute(bulletin.made_at), " UTC+8.</p></footer>\n</body>\n</html>\n");
}

std::string Warning(absl::string_view html) { return absl::StrCat("<div class=\"warn\"><p>", html, "</p></div>\n"); }

std::string Link(absl::string_view file, absl::string_view html) {
  return absl::StrCat("<a href=\"", file, "\">", html, "</a>");
}

}  // namespace tremorcast::bulletin
