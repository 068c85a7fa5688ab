// What a program says to the runner, as ../python/told.py explains.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const {
  ISSUER, CLIENT_ID, CLIENT_SECRET, CALLBACK, GOODBYE, EMAIL, ALGORITHM, NODE_MODULES, RESOURCE, API_SCOPE,
} = process.env

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n')

export const done = (step, more = '') => say({ step, more })

export const version = (name) => {
  const file = join(NODE_MODULES, name, 'package.json')
  say({ version: `${name} ${JSON.parse(readFileSync(file, 'utf8')).version}` })
}

export const visit = async (address) => {
  say({ visit: String(address) })
  return (await answers.next()).value
}

/** The person ends the access of all applications. */
export const endAccess = async () => {
  say({ end_access: true })
  await answers.next()
}

/** The person is logged out of the provider without a question, and comes back. */
export const logOut = async (address) => {
  say({ log_out: String(address) })
  const arrived = (await answers.next()).value
  check(arrived.split('?')[0] === GOODBYE, `after the logout: ${arrived}`)
}

export const check = (good, what) => {
  if (!good) throw new Error(what)
}

/** The error that the call throws; it must throw one. */
export const refused = async (call, what) => {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error(what)
}

export const finish = () => process.exit(0)
