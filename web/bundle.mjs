// SPDX-License-Identifier: Apache-2.0
// Bundles the page's program and style into one C++ source: node web/bundle.mjs build/web/page.cpp
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { outputFiles, metafile } = await build({
  entryPoints: [join(here, 'report.js')], bundle: true, minify: true, format: 'iife', target: 'es2020',
  legalComments: 'none', write: false, metafile: true, absWorkingDir: here,
});

// The licences of what is bundled go with it.
const packages = [...new Set(Object.keys(metafile.inputs)
  .map((input) => input.match(/^(node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean))].sort();
const notice = packages.map((folder) => {
  const file = readdirSync(join(here, folder)).find((name) => /^licen[cs]e/i.test(name));
  return `${folder.slice('node_modules/'.length)}\n${file ? readFileSync(join(here, folder, file), 'utf8') : 'no licence file'}`;
}).join('\n').replaceAll('*/', '* /');
// `</script` would end the element that holds the program, `<!--` would change how it is read.
const program = `/*\n${notice}*/\n${outputFiles[0].text}`.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
const style = readFileSync(join(here, 'page.css'), 'utf8');

const literal = (text) => text.match(/[\s\S]{1,8000}/g).map((part) => `R"~page~(${part})~page~"`).join('\n');
writeFileSync(process.argv[2], `// Made by web/bundle.mjs, do not edit.
#include "report/page.hpp"
namespace opgauge {
const std::string_view page_program = ${literal(program)};
const std::string_view page_style = ${literal(style)};
}  // namespace opgauge
`);
