// What the reference implementation makes of the expressions of a file of cases:
//     node jsonata_record.js CASES PACKAGE
// CASES is read from, and written to, in place; PACKAGE is the folder of the npm package jsonata.
const fs = require("fs");
const path = require("path");

const [file, folder] = process.argv.slice(2).map((name) => path.resolve(name));
const jsonata = require(folder);

async function outcome(expression, document) {
  try {
    const value = await jsonata(expression).evaluate(JSON.parse(JSON.stringify(document)), {});
    if (value === undefined) return { nothing: true };
    const isFunction = value?._jsonata_lambda || value?._jsonata_function;
    const text = isFunction ? undefined : JSON.stringify(value);
    return text === undefined ? { function: true } : { text };
  } catch (error) {
    return error.code ? { code: error.code, message: error.message } : { fails: true };
  }
}

async function main() {
  const { document, groups } = JSON.parse(fs.readFileSync(file));
  const lines = [];
  for (const [group, cases] of Object.entries(groups)) {
    const recorded = [];
    for (const { expression } of cases) {
      recorded.push(JSON.stringify({ expression, ...(await outcome(expression, document)) }));
    }
    lines.push(`${JSON.stringify(group)}: [\n${recorded.join(",\n")}\n]`);
  }
  const body = lines.join(",\n");
  fs.writeFileSync(file, `{"document": ${JSON.stringify(document)},\n"groups": {\n${body}\n}}\n`);
}

main();
