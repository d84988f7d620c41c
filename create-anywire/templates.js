/** The templates: what each is, and the folders below `templates` that it is put together from, in this order. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @typedef {{ readonly what: string, readonly parts: readonly string[] }} Template */

/** @type {Readonly<Record<string, Template>>} */
export const templates = {
  plain: { what: 'a page and a server, without a bundler', parts: ['page', 'plain'] },
  react: { what: 'Vite and React, with the hooks', parts: ['vite', 'react'] },
  vue: { what: 'Vite and Vue, with a composable', parts: ['vite', 'vue'] },
  express: { what: 'a page and a server with Express', parts: ['page', 'express'] },
}

const folder = fileURLToPath(new URL('templates', import.meta.url))
const own = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))

/** A sentence about what cannot be. */
export class Refusal extends Error {}

/**
 * Whether an application may be made there. What a version control or an editor has left is no application.
 * @param {string} target
 */
export function checkFolder(target) {
  const names = existsSync(target) ? readdirSync(target) : []
  const [first] = names.filter((name) => !['.git', '.idea', '.vscode', '.DS_Store'].includes(name))
  if (first === undefined) return
  throw new Refusal(`The folder "${target}" is in use: it has "${first}" in it. Name a new one.`)
}

/** @param {string} name @returns {Template} */
export function templateOf(name) {
  const found = Object.hasOwn(templates, name) ? templates[name] : undefined
  if (found) return found
  throw new Refusal(`There is no template "${name}": use one of ${Object.keys(templates).join(', ')}.`)
}

/**
 * Makes the application. `anywire`: what its package.json asks for, such as the file of a packed package.
 * @param {{ target: string, template: string, anywire?: string | undefined }} wish
 */
export function create({ target, template, anywire = `^${own.version}` }) {
  const { parts } = templateOf(template)
  checkFolder(target)
  mkdirSync(target, { recursive: true })
  /** @type {Record<string, Record<string, string>>} */
  let manifest = { dependencies: { anywire } }
  for (const part of parts) {
    cpSync(join(folder, part), target, { recursive: true })
    manifest = merged(manifest, JSON.parse(readFileSync(join(folder, part, 'package.json'), 'utf8')))
  }
  rmSync(join(target, 'package.json'))
  // npm puts no file of that name into a package.
  renameSync(join(target, 'gitignore'), join(target, '.gitignore'))
  const head = { name: nameOf(target), version: '0.0.0', private: true, type: 'module' }
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ ...head, ...manifest }, null, 2)}\n`)
}

/**
 * @param {Record<string, Record<string, string>>} one
 * @param {Record<string, Record<string, string>>} other
 */
function merged(one, other) {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return Object.fromEntries(names.map((name) => [name, { ...one[name], ...other[name] }]))
}

/** A name that npm takes. @param {string} target */
function nameOf(target) {
  const plain = basename(resolve(target))
    .toLowerCase()
    .replaceAll(/[^a-z\d._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return plain === '' ? 'app' : plain
}
