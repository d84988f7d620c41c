#!/usr/bin/env node
/** `npm create anywire`: makes a folder with a small application. */
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { ask, list } from './ask.js'
import { checkFolder, create, Refusal, templateOf } from './templates.js'

const help = `Usage: npm create anywire <folder> -- --template <name>

Makes a folder with a small application. At a terminal it asks for what is missing.

Templates:
${list()}

Options:
  --template <name>   one of these (default: plain)
  --anywire <what>    what the application installs as "anywire": a version, or the file of a packed package
  --help              this text`

/** @returns {ReturnType<typeof parse>} */
function read() {
  try {
    return parse()
  } catch (error) {
    // The sentence goes on with advice for names that begin with a dash.
    throw new Refusal(`${(error instanceof Error ? error.message : String(error)).split('. ')[0]}. Try --help.`)
  }
}

const parse = () =>
  parseArgs({
    allowPositionals: true,
    options: { template: { type: 'string' }, anywire: { type: 'string' }, help: { type: 'boolean' } },
  })

async function main() {
  const { values, positionals } = read()
  if (values.help) return console.log(help)
  const [named, more] = positionals
  if (more !== undefined) throw new Refusal(`"${more}" is one name too many: name one folder. Try --help.`)
  // What is given is judged before anything is asked.
  if (named !== undefined) checkFolder(named)
  if (values.template !== undefined) templateOf(values.template)
  const given = { target: named, template: values.template }
  const wish = process.stdin.isTTY ? await ask(given) : { target: named, template: values.template ?? 'plain' }
  const { target, template } = wish
  if (target === undefined) throw new Refusal('Name a folder: npm create anywire my-app')
  create({ target, template, anywire: values.anywire })
  const place = relative('', target)
  console.log(`Made "${target}" from the template "${template}". Now:\n`)
  if (place !== '') console.log(`  cd ${/^[\w./-]+$/.test(place) ? place : `"${place}"`}`)
  console.log('  npm install\n  npm run dev\n')
}

try {
  await main()
} catch (error) {
  const sentence = error instanceof Error ? error.message : String(error)
  console.error(`error: ${sentence}`)
  process.exitCode = 1
}
