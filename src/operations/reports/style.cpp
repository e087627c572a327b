// The style sheet of the report: one accent colour, numbers in columns, cards on a phone, ink on paper.
#include "operations/reports/page.hpp"

namespace sinan::reports {

std::string style_sheet() {
  return R"(
:root{--paper:#fbfaf8;--card:#fff;--ink:#1d1f23;--soft:#5d636e;--faint:#8b919c;--line:#e5e2dc;--accent:#0f5f66;--wash:#e4eff0;--bad:#b3321f;--bad-wash:#fbeae6;--act:#8a5a00;--act-wash:#fdf3dc;--track:#ebe8e2}
@media (prefers-color-scheme:dark){:root{--paper:#14161a;--card:#1b1e23;--ink:#eceae6;--soft:#a9aeb8;--faint:#7e848f;--line:#2c3037;--accent:#5fc0c6;--wash:#173135;--bad:#ff8f7a;--bad-wash:#3a1d18;--act:#f0bf62;--act-wash:#382b10;--track:#2a2e35}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;font-variant-numeric:tabular-nums}
.page{max-width:1040px;margin:0 auto;padding:28px 32px 64px}
.switch{position:absolute;opacity:0;pointer-events:none}
#lang-en:checked~.page .zh,#lang-zh:checked~.page .en{display:none}
.languages{float:right;margin:0;font-size:13px;display:flex;gap:2px;background:var(--track);border-radius:8px;padding:2px}
.languages label{padding:3px 10px;border-radius:6px;cursor:pointer;color:var(--soft)}
#lang-en:checked~.page label[for=lang-en],#lang-zh:checked~.page label[for=lang-zh]{background:var(--card);color:var(--ink);box-shadow:0 1px 2px #0002}
#lang-en:focus-visible~.page label[for=lang-en],#lang-zh:focus-visible~.page label[for=lang-zh]{outline:2px solid var(--accent)}
.eyebrow{margin:0 0 36px;font-size:14px;color:var(--soft);padding-top:4px}
.company{font-weight:650;color:var(--ink);margin-right:12px;overflow-wrap:anywhere}
h1{font-size:34px;line-height:1.22;font-weight:680;letter-spacing:-.018em;margin:0 0 14px;max-width:25em;text-wrap:balance}
.lead{font-size:18px;color:var(--soft);margin:0;max-width:44em}
.dry{display:inline-block;background:var(--act-wash);color:var(--act);padding:4px 12px;border-radius:6px;margin:14px 0 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:12px;overflow:hidden;margin:34px 0 12px}
.tile{background:var(--card);padding:16px 18px 14px;text-decoration:none;color:inherit;display:flex;flex-direction:column}
.tile:hover,.tile:focus-visible{background:var(--wash)}
.tile .label{font-size:13px;color:var(--soft)}
.tile .value{font-size:28px;line-height:1.25;font-weight:640;letter-spacing:-.02em}
.tile .note{font-size:13px;color:var(--faint);overflow-wrap:anywhere}
.tile.act .value{color:var(--act)}
.tile.bad .value{color:var(--bad)}
section{padding:34px 0 0;scroll-margin-top:8px}
h2{font-size:20px;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:0 0 6px;padding-top:18px;border-top:2px solid var(--ink)}
.summary{margin:0 0 14px;color:var(--soft);max-width:52em}
.summary b,p b{color:var(--ink);font-weight:640}
table{width:100%;border-collapse:collapse;font-size:14.5px;margin:10px 0 6px}
th{font-weight:500;font-size:12.5px;color:var(--faint);text-align:left;vertical-align:bottom;padding:6px 16px 6px 0;border-bottom:1px solid var(--line)}
td{padding:9px 16px 9px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
th:first-child{width:30%}
th:last-child,td:last-child{padding-right:0}
.num{text-align:right;white-space:nowrap}
.short{white-space:nowrap}
th.num,th.short{white-space:normal}
tr.bad td:first-child{box-shadow:-7px 0 0 0 var(--paper),-10px 0 0 0 var(--bad)}
.name{font-weight:550;overflow-wrap:anywhere}
.id{color:var(--faint);font-size:12.5px;overflow-wrap:anywhere}
code.id{display:block}
code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Noto Sans Mono",monospace;font-size:.87em;overflow-wrap:anywhere}
.place,.unit,.zero{color:var(--faint);font-size:13px}
.route{display:block}
.kind{font-size:12px;color:var(--accent);background:var(--wash);border-radius:4px;padding:1px 7px;margin-right:4px;white-space:nowrap}
.advice{overflow-wrap:anywhere}
.example{display:block;min-width:15em;font-size:13.5px;color:var(--soft);margin-bottom:3px}
.problem{display:block;color:var(--bad);overflow-wrap:anywhere}
.empty{color:var(--soft);background:var(--card);border:1px dashed var(--line);border-radius:10px;padding:14px 18px;margin:10px 0}
.more,.hint,.legend{font-size:13.5px;color:var(--soft);margin:8px 0}
.origin{margin:12px 0 0;font-size:13px;color:var(--faint)}
.origin summary{cursor:pointer;width:fit-content}
.origin summary:hover{color:var(--accent)}
.origin p{margin:10px 0 4px}
.origin pre{margin:0;padding:12px 14px;background:var(--card);border:1px solid var(--line);border-radius:8px;white-space:pre-wrap;color:var(--soft)}
ul{padding-left:1.2em;margin:8px 0}
li{margin:4px 0;overflow-wrap:anywhere}
.changes,.notes{font-size:14px;color:var(--soft)}
del{color:var(--faint)}
ins{text-decoration:none;color:var(--ink);font-weight:550}
.chart{display:block;width:100%;height:auto;margin:6px 0}
.chart.narrow{display:none}
.chart text{font-size:12px;fill:var(--faint)}
.chart .label{fill:var(--ink);font-size:13px}
.grid{stroke:var(--line);stroke-width:1}
.axis{stroke:var(--faint);stroke-width:1}
.today{stroke:var(--faint);stroke-width:1;stroke-dasharray:2 3}
.band{fill:var(--accent);opacity:.16}
.forecast{fill:none;stroke:var(--accent);stroke-width:2;stroke-dasharray:5 3}
.actual{fill:none;stroke:var(--ink);stroke-width:2;stroke-linejoin:round}
.actual-dot{fill:var(--ink)}
.bar{fill:var(--accent)}
.bar-bad{fill:var(--bad)}
.key{display:inline-block;width:20px;height:0;border-top:2px solid var(--ink);vertical-align:middle;margin:0 6px 0 14px}
.key:first-child{margin-left:0}
.key.forecast{border-top:2px dashed var(--accent)}
.key.band{border:0;height:10px;background:var(--accent);opacity:.2}
.cover{width:90px;height:12px;display:block;margin:5px 0 1px;max-width:100%}
.share{width:100%;min-width:60px;height:6px;display:block;margin:8px 0}
.track{fill:var(--track)}
.low{fill:var(--bad)}
.enough{fill:var(--accent)}
.mark{stroke:var(--ink);stroke-width:1.5}
footer{margin-top:48px;border-top:1px solid var(--line);color:var(--faint);font-size:13px}
@media (max-width:640px){
.page{padding:16px 16px 48px}
.eyebrow{margin-bottom:22px}
.eyebrow .date{display:block}
h1{font-size:25px}
.lead{font-size:16px}
.tiles{grid-template-columns:1fr 1fr;margin-top:22px}
.tile{padding:12px 14px}
.tile .value{font-size:24px}
.chart.wide{display:none}
.chart.narrow{display:block}
section{padding-top:26px}
.cards thead{display:none}
.cards,.cards tbody{display:block;width:100%}
.cards tr{display:grid;grid-template-columns:repeat(3,1fr);gap:8px 14px;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 14px;margin:0 0 10px}
.cards td{display:block;border:0;padding:0;text-align:left;white-space:normal;grid-column:1/-1;min-width:0}
.cards td.num,.cards td.short{grid-column:auto;font-weight:550}
.cards td.num::before,.cards td.short::before{display:block;color:var(--faint);font-weight:400;font-size:12px;line-height:1.35}
#lang-en:checked~.page .cards td::before{content:attr(data-en)}
#lang-zh:checked~.page .cards td::before{content:attr(data-zh)}
.cards td:not(.num):not(.short)::before{content:none!important}
.cards td:first-child{font-size:15.5px}
.cards td:nth-child(n+2):not(.num):not(.short){color:var(--soft);font-size:14px}
.cards tr.bad{border-left:3px solid var(--bad)}
tr.bad td:first-child{box-shadow:none}
}
@media print{
:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#333;--faint:#555;--line:#ccc;--accent:#0f5f66;--wash:#fff;--track:#eee;--bad:#a02010;--act:#7a4f00;--act-wash:#fff}
body{font-size:10.5pt}
.page{max-width:none;padding:0}
.languages,.origin,.hint{display:none}
section{break-inside:auto}
tr,.chart,.tile,h2{break-inside:avoid}
h2{break-after:avoid}
a.tile{color:inherit}
}
)";
}

}  // namespace sinan::reports
