// SPDX-License-Identifier: Apache-2.0
#include "report/html.hpp"

#include "report/markdown.hpp"
#include "report/page.hpp"

namespace opgauge {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// JSON inside a script element: no "<" may stand in it.
std::string embedded(const Json& value) {
  std::string out;
  for (const char c : value.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string findings_html(const Findings& findings) {
  if (page_program.empty()) {
    throw Error("html report",
                "this program was built without the page, expected node and `npm ci` in web/ "
                "before building");
  }
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      escaped(findings.title) + "</title>\n<style>\n";
  html += page_style;
  html += "</style>\n</head>\n<body>\n<main></main>\n<noscript><pre>" +
          escaped(findings_markdown(findings)) +
          "</pre></noscript>\n<script type=\"application/json\" id=\"findings\">" +
          embedded(encode(findings)) + "</script>\n<script>\n";
  html += page_program;
  html += "</script>\n</body>\n</html>\n";
  return html;
}

}  // namespace opgauge
