/** What a page's HTML names that the page is not shown, or does not run, without. */
import type { DefaultTreeAdapterTypes as Tree } from 'parse5'

export interface Reference {
  /** As the page spells it. */
  readonly href: string
  /** What a field `Link` says of it (RFC 8288): `rel=preload; as=style`. */
  readonly how: string
}

export interface References {
  /** What `<base>` says. */
  readonly base?: string | undefined
  readonly all: readonly Reference[]
}

type Attributes = Readonly<Record<string, string>>

/**
 * Stylesheets, scripts, modules, what inline modules import, and what the page preloads itself: the first `most`, each
 * once. What has conditions (`media`, `integrity`, `nomodule`, in a `<template>` or `<noscript>`) is left to the
 * browser.
 */
export async function referencesIn(html: string, most: number): Promise<References> {
  const { parse } = await import('parse5')
  const found = new Map<string, Reference>()
  let base: string | undefined
  const visit = (node: Tree.Node): void => {
    if ('attrs' in node) {
      const attributes: Attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]))
      if (node.nodeName === 'base') base ??= attributes.href
      for (const one of namedBy(node, attributes))
        if (found.size < most && !found.has(one.href)) found.set(one.href, one)
    }
    if ('childNodes' in node) for (const child of node.childNodes) visit(child)
  }
  visit(parse(html))
  return { base, all: [...found.values()] }
}

function namedBy(node: Tree.Element, attributes: Attributes): Reference[] {
  if (attributes.integrity !== undefined) return []
  if (node.nodeName === 'link') return linked(attributes)
  if (node.nodeName !== 'script' || attributes.nomodule !== undefined) return []
  const { src, type = '' } = attributes
  if (type === 'module') return src ? [reference(src, 'rel=modulepreload', attributes)] : imported(textOf(node))
  const isScript = type === '' || /^(text|application)\/javascript$/i.test(type)
  return isScript && src ? [reference(src, 'rel=preload; as=script', attributes)] : []
}

function linked({ href, rel = '', as, media = 'all', disabled, ...attributes }: Attributes): Reference[] {
  if (!href || media !== 'all' || disabled !== undefined) return []
  const words = rel.toLowerCase().split(/\s+/)
  if (words.includes('modulepreload')) return [reference(href, 'rel=modulepreload', attributes)]
  if (words.includes('stylesheet') && !words.includes('alternate'))
    return [reference(href, 'rel=preload; as=style', attributes)]
  return words.includes('preload') && as && /^[a-z]+$/.test(as)
    ? [reference(href, `rel=preload; as=${as}`, attributes)]
    : []
}

/**
 * A preload is used only by a request of the same CORS mode: what has been loaded in another one would be loaded twice.
 */
function reference(href: string, how: string, { crossorigin }: Attributes): Reference {
  if (crossorigin === undefined) return { href, how }
  return { href, how: `${how}; crossorigin${crossorigin === 'use-credentials' ? '="use-credentials"' : ''}` }
}

/** Paths and URLs alone: what a bare name stands for only an import map knows. */
function imported(module: string): Reference[] {
  const statements = module.matchAll(/^\s*import\s[^'"]*['"]((?:\.{0,2}\/|https?:)[^'"]+)['"]/gm)
  return [...statements].map(([, href = '']) => ({ href, how: 'rel=modulepreload' }))
}

function textOf({ childNodes }: Tree.Element): string {
  return childNodes.map((child) => ('value' in child ? child.value : '')).join('')
}
