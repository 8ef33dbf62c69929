// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"
#include "import/pt2.hpp"
namespace opgauge {
namespace {
TEST(Scratch, Files) {
  const char* p = getenv("PT2");
  if (!p) GTEST_SKIP();
  ImportOptions o;
  if (getenv("B")) o.batch = atoi(getenv("B"));
  try {
    auto m = import_pt2(p, o);
    for (auto& n : m.graph.nodes) {
      printf("%s %s @%s :", n.op ? "" : "?", n.target.c_str(), (n.module + " " + n.where).c_str());
      for (auto v : n.outputs) {
        printf(" %s[", m.graph[v].name.c_str());
        for (auto s : m.graph[v].type.sizes) printf("%ld,", s);
        printf("]");
      }
      printf("\n");
    }
    for (auto& u : m.unknown_ops) printf("unknown %s x%ld\n", u.target.c_str(), u.count);
    for (auto& s : m.symbols)
      printf("sym %s %s %ld\n", s.name.c_str(), s.where.c_str(), s.size.value_or(-1));
  } catch (const Error& e) {
    printf("ERR %s\n", e.what());
  }
}
}  // namespace
}  // namespace opgauge
