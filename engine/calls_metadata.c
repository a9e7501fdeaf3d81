/* Signed URLs at which the agent of a server reads its metadata. */
#include "base/seal.h"
#include "engine/calls.h"

/* What is signed: the whole of what the signature allows. */
static const char *signed_text(struct ctx *ctx, const char *tenant_id, const char *stack_id,
                               const char *resource)
{
    return arena_printf(ctx->arena, "metadata/%s/%s/%s", tenant_id, stack_id, resource);
}

const char *metadata_url_sign(struct ctx *ctx, const char *tenant_id, const char *stack_id,
                              const char *resource)
{
    char signature[65];
    seal_sign(signed_text(ctx, tenant_id, stack_id, resource), signature);
    return arena_strdup(ctx->arena, signature);
}

int metadata_url_check(struct ctx *ctx, const char *tenant_id, const char *stack_id, const char *resource,
                       const char *signature)
{
    if (signature && seal_verify(signed_text(ctx, tenant_id, stack_id, resource), signature))
        return 0;
    return fail(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
}
