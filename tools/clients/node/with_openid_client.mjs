// openid-client, as its README has it.
import { CALLBACK, CLIENT_ID, CLIENT_SECRET, EMAIL, GOODBYE, ISSUER, logOut } from './told.mjs'
import { check, done, finish, refused, version, visit } from './told.mjs'
import * as client from 'openid-client'

version('openid-client')
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET)
done('discover')

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
const link = client.buildAuthorizationUrl(config, {
  redirect_uri: CALLBACK,
  scope: 'openid email offline_access',
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  state: expectedState,
  nonce: expectedNonce,
})
const tokens = await client.authorizationCodeGrant(config, new URL(await visit(link)), {
  pkceCodeVerifier,
  expectedState,
  expectedNonce,
  idTokenExpected: true,
})
const { sub } = tokens.claims()
done('log in')

const info = await client.fetchUserInfo(config, tokens.access_token, sub)
check(info.email === EMAIL, `userinfo says ${JSON.stringify(info)}`)
done('userinfo')

const renewed = await client.refreshTokenGrant(config, tokens.refresh_token)
check(renewed.refresh_token !== tokens.refresh_token, 'the refresh token stayed the same')
await client.fetchUserInfo(config, renewed.access_token, sub)
done('refresh')

await client.tokenRevocation(config, renewed.refresh_token)
const error = await refused(
  () => client.refreshTokenGrant(config, renewed.refresh_token),
  'a revoked token was refreshed',
)
check(error.error === 'invalid_grant', `refused with ${error}`)
await refused(
  () => client.fetchUserInfo(config, renewed.access_token, sub),
  'userinfo took a revoked token',
)
done('revoke')

await logOut(
  client.buildEndSessionUrl(config, {
    post_logout_redirect_uri: GOODBYE,
    id_token_hint: renewed.id_token,
  }),
)
done('log out')
finish()
