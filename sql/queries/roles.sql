-- The roles of the schema, for its owner.

-- name: grant_role
select weir.grant_role($1, $2)

-- name: revoke_role
select weir.revoke_role($1, $2)

-- name: renew_grants
select weir.renew_grants()
