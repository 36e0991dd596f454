/* The look of a report's page, and its keys; nothing of it comes from elsewhere. */
#include "sim/cli/cli.h"

static const char style[] =
    ":root{--bg:#fff;--fg:#1b1f24;--dim:#667;--line:#ccd3da;--panel:#f5f7f9;--bad:#c62828;"
    "--good:#2e7d32;--skip:#8a6d00;--lit:#fff3b0;--mark:#ffd54f;--blue:#1565c0}"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e7ea;--dim:#9aa3ad;--line:#"
    "3a424b;"
    "--panel:#1d2126;--bad:#ff7b72;--good:#7ee08a;--skip:#e3b341;--lit:#4d4413;--mark:#7a5d00;"
    "--blue:#79b8ff}}"
    "body{background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif;margin:0 auto;"
    "max-width:1700px;padding:0 1.2em 4em}"
    "h1{font-size:1.5em}h2{font-size:1.2em;margin-top:1.6em;border-bottom:1px solid var(--line)}"
    "a{color:var(--blue)}pre,code,td.mono{font:12.5px/1.4 ui-monospace,monospace}"
    ".totals b{font-size:1.6em;margin-right:.2em}.totals span{margin-right:1.6em}"
    ".bad{color:var(--bad)}.good{color:var(--good)}.skip{color:var(--skip)}.dim{color:var(--dim)}"
    "table{border-collapse:collapse}td,th{padding:.15em .7em;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line)}td.n{text-align:right}"
    "details{border:1px solid var(--line);border-radius:6px;margin:.5em 0;background:var(--panel)}"
    "summary{padding:.45em .8em;cursor:pointer}summary:focus-visible,a:focus-visible,"
    ".cell:focus-visible{outline:3px solid var(--blue)}details>div,details>pre{padding:0 .8em .6em}"
    "details>pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    ".pair{display:flex;flex-wrap:wrap;gap:1em}.pair>div{flex:3 1 700px;min-width:0}"
    ".pair>pre{flex:1 1 380px;min-width:0;overflow:auto;max-height:80vh;margin:0}"
    ".scroll{overflow:auto;max-height:80vh}"
    ".script span{display:block}.script i,.octets i{color:var(--dim);font-style:normal}"
    ".script .lit{background:var(--lit);outline:1px solid var(--bad)}"
    ".both{display:flex;flex-wrap:wrap;gap:2em}figure{margin:.6em 0}figcaption{font-weight:600}"
    "mark{background:var(--mark);color:inherit;font-weight:700}"
    "svg text{font:12px ui-monospace,monospace;fill:var(--fg)}svg .name{text-anchor:middle;"
    "font-weight:700}svg .time,svg .what{fill:var(--dim)}svg .what{fill:var(--fg);"
    "paint-order:stroke;stroke:var(--panel);stroke-width:4px}"
    "svg .port{stroke:var(--fg)}svg .link{stroke:var(--line);stroke-width:5}"
    "svg path{stroke:var(--blue);fill:none;stroke-width:1.5}svg path.head{fill:var(--blue)}"
    "svg .fault path{stroke:var(--bad);stroke-dasharray:5 3}svg .fault .head{fill:var(--bad)}"
    "svg .cross{stroke-dasharray:none!important;stroke-width:3}"
    "svg .failing path{stroke:var(--bad);stroke-width:2.5}svg .failing .head{fill:var(--bad)}"
    "svg .failing .what{fill:var(--bad);font-weight:700}svg .fault .what{fill:var(--bad)}"
    "svg .noted .what{fill:var(--skip)}"
    "svg .axis{stroke:var(--fg)}svg .seg{stroke:var(--blue);stroke-width:3}svg "
    ".ack{fill:var(--good)}"
    "svg .win{fill:var(--skip)}svg .end{text-anchor:end}span.seg{color:var(--blue)}"
    "span.ack{color:var(--good)}span.win{color:var(--skip)}"
    ".matrix{display:flex;flex-wrap:wrap;gap:3px}.cell{width:13px;height:13px;border-radius:2px;"
    "background:var(--line);display:inline-block}.cell.passed{background:var(--good)}"
    ".cell.failed{background:var(--bad)}.cell.skipped{background:var(--skip)}";

/* j and k, or n and p: the next and the last failure; e opens all, c closes all. */
static const char keys[] =
    "document.addEventListener('keydown',function(e){if(e.ctrlKey||e.metaKey||e.altKey)return;"
    "var d=[].slice.call(document.querySelectorAll('details.case')),"
    "at=d.indexOf(document.activeElement.closest&&document.activeElement.closest('details.case'));"
    "if('jn'.indexOf(e.key)>=0)at++;else if('kp'.indexOf(e.key)>=0)at--;"
    "else if(e.key==='e'||e.key==='c'){d.forEach(function(x){x.open=e.key==='e'});return}else "
    "return;"
    "at=Math.max(0,Math.min(at,d.length-1));if(d[at]){d[at].open=true;"
    "d[at].querySelector('summary').focus();d[at].scrollIntoView()}});"
    "function open_target(){var "
    "t=document.getElementById(decodeURIComponent(location.hash.slice(1)));"
    "if(t&&t.tagName==='DETAILS')t.open=true}addEventListener('hashchange',open_target);open_"
    "target();";

void report_head(FILE *out)
{
    fprintf(out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
            "name=\"viewport\" content=\"width=device-width\"><meta "
            "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
            "'unsafe-inline'; script-src 'unsafe-inline'\"><meta name=\"color-scheme\" "
            "content=\"light dark\"><title>Wiredrill: a run</title>\n<style>%s</style></head>\n"
            "<body>\n",
            style);
}

void report_tail(FILE *out)
{
    fprintf(out,
            "<p class=\"dim\">Keys: <kbd>j</kbd> and <kbd>k</kbd> the next and the previous case, "
            "<kbd>e</kbd> opens all, <kbd>c</kbd> closes all.</p>\n<script>%s</script>\n"
            "</body></html>\n",
            keys);
}
