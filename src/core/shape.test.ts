/** Tests of how options are checked. */
import { describe, expect, it } from 'vitest'
import { nearestName } from '../protocol/nearest.js'
import { aFlag, aString, checkShape } from './shape.js'

describe('the nearest name', () => {
  const known = ['authenticate', 'origins', 'cookie', 'hosts', 'rules', 'onError']

  it.each([
    ['authentication', 'authenticate'],
    ['Authenticate', 'authenticate'],
    ['auhtenticate', 'authenticate'],
    ['orgins', 'origins'],
    ['origin', 'origins'],
    ['cookies', 'cookie'],
    ['rule', 'rules'],
    ['onerror', 'onError'],
    ['transports', undefined],
    ['', undefined],
  ])('to %s is %s', (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest)
  })
})

describe('a shape', () => {
  const shape = { name: aString, on: aFlag }
  const check = (value: unknown) => () => checkShape('it', value, shape)

  it('lets pass what has its names, and undefined', () => {
    expect(check({})).not.toThrow()
    expect(check({ name: 'a', on: undefined })).not.toThrow()
  })

  it.each<[unknown, string]>([
    [{ nam: 'a' }, 'There is no option "nam" of it: did you mean "name"?'],
    [{ colour: 'a' }, 'There is no option "colour" of it: use one of name, on.'],
    [{ toString: 'a' }, 'There is no option "toString" of it: use one of name, on.'],
    [{ name: 1 }, 'The option "name" of it must be a string; it is 1.'],
    [{ on: null }, 'The option "on" of it must be true or false; it is null.'],
    [[], 'The options of it must be an object; they are an array.'],
    ['a', 'The options of it must be an object; they are "a".'],
  ])('refuses %j', (value, sentence) => {
    expect(check(value)).toThrow(expect.objectContaining({ code: 'bad-request', message: sentence }))
  })
})
