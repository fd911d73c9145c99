#include "market/update_chain.h"

static enum update_step judge(const struct update_chain *chain, struct update_ids ids,
                              bool is_newer)
{
    if (chain->last == 0) {
        return UPDATE_FOLLOWS;
    }
    if (ids.last <= chain->last && (chain->at_snapshot || !is_newer)) {
        return UPDATE_STALE;
    }
    bool joins = chain->at_snapshot ? ids.previous <= chain->last : ids.previous == chain->last;
    return joins && ids.last > chain->last ? UPDATE_FOLLOWS : UPDATE_BREAKS;
}

enum update_step update_chain_follow(struct update_chain *chain, struct update_ids ids,
                                     bool is_newer)
{
    if (ids.last == 0) {
        return UPDATE_FOLLOWS;
    }
    enum update_step step = judge(chain, ids, is_newer);
    if (step == UPDATE_STALE) {
        return step;
    }
    if (chain->last == 0) {
        chain->first_follows = ids.previous;
    }
    if (step == UPDATE_BREAKS || chain->last == 0) {
        chain->start = ids.previous;
    }
    chain->last = ids.last;
    chain->at_snapshot = false;
    return step;
}

bool update_chain_snapshot(struct update_chain *chain, uint64_t id)
{
    if (id == 0) {
        return true;
    }
    if (chain->last == 0 || id > chain->last) {
        *chain = (struct update_chain){
            .start = id, .last = id, .first_follows = chain->first_follows, .at_snapshot = true};
        return true;
    }
    return id >= chain->start;
}
