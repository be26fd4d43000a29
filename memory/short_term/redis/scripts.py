"""What a plain Redis does with a thread in one step: Lua over the thread's one hash (see redis_names).

Answers are one string of frames, each a length of four bytes and as many bytes: redis-py reads one long answer
far quicker than many short ones.
"""

from hashlib import sha1

_COMMON = r"""
local thread = KEYS[1]
local function frame(s) return struct.pack('>I4', #s) .. s end
local function head(record) return cjson.decode(string.sub(record, 1, string.find(record, '\n', 1, true) - 1)) end
local function live(ms, fresh)
    if ms > 0 then redis.call('PEXPIRE', thread, ms)
    elseif fresh then redis.call('PERSIST', thread) end
end
local function apart(field)
    local cut = string.find(field, '\31', 3, true)
    return string.sub(field, 3, cut - 1), string.sub(field, cut + 1)
end
local function shown(record, ns)
    local list, fields = head(record)[4], {}
    for i = 1, #list, 2 do fields[#fields + 1] = 'v\31' .. list[i + 1] .. '\31' .. ns .. '\31' .. list[i] end
    return fields
end
local function blocks(value)
    local fields = {}
    if string.byte(value, 1) == 0 then
        for at = 2, #value, 16 do fields[#fields + 1] = 'b\31' .. string.sub(value, at, at + 15) end
    end
    return fields
end
local function newer(field, id)
    local newest = redis.call('HGET', thread, field)
    if not newest or newest < id then redis.call('HSET', thread, field, id) end
end
local function buried(...)
    local grave = redis.call('GET', KEYS[2])
    if not grave then return false end
    for _, id in ipairs({...}) do if id ~= '' and id <= grave then return true end end
    return false
end
"""


class Script:
    """Lua with the id under which Redis knows it once it has seen it."""

    def __init__(self, body: str) -> None:
        self.text = _COMMON + body
        # Redis's own name for a script; nothing is kept secret by it.
        self.sha = sha1(self.text.encode(), usedforsecurity=False).hexdigest()


# ns, id, parent, id of the root's checkpoint, ms to live, 1 if a run wrote to the root, record, how many values and
# blocks, field and content of each, how many blocks are left out, field of each, then the values that are left out.
PUT = Script(r"""
local ns, id, parent, root, ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
if buried(id, parent, root) then return 'deleted' end
local last = 8 + 2 * tonumber(ARGV[8])
local blocked = last + 1 + tonumber(ARGV[last + 1])
for i = last + 2, #ARGV do
    if redis.call('HEXISTS', thread, ARGV[i]) == 0 then
        if i <= blocked then return 'resend' else return 'incomplete' end
    end
end
if ns == '' and redis.call('HEXISTS', thread, 'h\31') == 0 then
    -- The thread's first: what waits beside an older one, which Redis has lost, would now stay with it for ever.
    for _, field in ipairs(redis.call('HKEYS', thread)) do
        if string.sub(field, 1, 2) == 'w\31' and apart(field) < id then redis.call('HDEL', thread, field) end
    end
end
redis.call('HSET', thread, 'c\31' .. id .. '\31' .. ns, ARGV[7])
for i = 9, last, 2 do redis.call('HSET', thread, ARGV[i], ARGV[i + 1]) end
newer('h\31' .. ns, id)
if ARGV[6] == '1' then newer('l', id) end
live(ms, true)
return 'ok'
""")

# ns, id, ms to live, ms for writes that come before any checkpoint, 1 to replace, name and frame of each write.
# To a deleted thread they do not come before any.
PUT_WRITES = Script(r"""
local ns, id, ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
if buried(id) then return 'deleted' end
if redis.call('EXISTS', KEYS[2]) == 1 and redis.call('HEXISTS', thread, 'h\31') == 0
    and redis.call('HEXISTS', thread, 'c\31' .. id .. '\31' .. ns) == 0 then return 'early' end
local fresh = redis.call('EXISTS', thread) == 0
local field = 'w\31' .. id .. '\31' .. ns
local before = redis.call('HGET', thread, field) or ''
local mine, parts, at = {}, {}, 1
for i = 6, #ARGV, 2 do mine[ARGV[i]] = ARGV[i + 1] end
while at <= #before do
    local named = struct.unpack('>I4', before, at)
    local name = string.sub(before, at + 4, at + 3 + named)
    local size = struct.unpack('>I4', before, at + 4 + named)
    local stop = at + 7 + named + size
    if mine[name] and ARGV[5] == '1' then
        parts[#parts + 1] = mine[name]
    else
        parts[#parts + 1] = string.sub(before, at, stop)
    end
    mine[name] = nil
    at = stop + 1
end
for i = 6, #ARGV, 2 do
    if mine[ARGV[i]] then parts[#parts + 1] = mine[ARGV[i]]; mine[ARGV[i]] = nil end
end
redis.call('HSET', thread, field, table.concat(parts))
if ms > 0 then live(ms, false) elseif fresh then redis.call('PEXPIRE', thread, ARGV[4]) end
return 'ok'
""")

# ms to live, then pairs of ns and id; an empty id is the newest. Of each that is there: ns, id, record,
# writes, how many values, and the values, each followed by its blocks; "" for what is missing.
LOAD = Script(r"""
local out = {}
for i = 2, #ARGV, 2 do
    local ns, id = ARGV[i], ARGV[i + 1]
    if id == '' then id = redis.call('HGET', thread, 'h\31' .. ns) end
    local record = id and redis.call('HGET', thread, 'c\31' .. id .. '\31' .. ns)
    if record then
        local fields = shown(record, ns)
        out[#out + 1] = frame(ns) .. frame(id) .. frame(record)
        out[#out + 1] = frame(redis.call('HGET', thread, 'w\31' .. id .. '\31' .. ns) or '') .. frame(tostring(#fields))
        if #fields > 0 then
            for _, value in ipairs(redis.call('HMGET', thread, unpack(fields))) do
                value = value or ''
                out[#out + 1] = frame(value)
                for _, field in ipairs(blocks(value)) do
                    out[#out + 1] = frame(redis.call('HGET', thread, field) or '')
                end
            end
        end
    elseif id and ARGV[i + 1] == '' then
        return 'incomplete'
    end
end
if tonumber(ARGV[1]) > 0 then live(tonumber(ARGV[1]), false) end
return table.concat(out)
""")

# 1 if one ns alone, ns, "" or the id that all are older than, "" or one id, -1 or how many,
# how many bytes of each record beside its first line: all (1) or none (0).
# Newest first, of each: field, first line or record.
LIST = Script(r"""
local found = {}
for _, field in ipairs(redis.call('HKEYS', thread)) do
    if string.sub(field, 1, 2) == 'c\31' then
        local id, ns = apart(field)
        if (ARGV[1] == '0' or ns == ARGV[2]) and (ARGV[3] == '' or id < ARGV[3])
            and (ARGV[4] == '' or id == ARGV[4]) then
            found[#found + 1] = {id, field}
        end
    end
end
table.sort(found, function(a, b) return a[1] > b[1] end)
local out, most = {}, tonumber(ARGV[5])
for i, each in ipairs(found) do
    if most >= 0 and i > most then break end
    local record = redis.call('HGET', thread, each[2])
    if ARGV[6] == '0' then record = string.sub(record, 1, string.find(record, '\n', 1, true)) end
    out[#out + 1] = frame(each[2]) .. frame(record)
end
return table.concat(out)
""")

# The newest checkpoint of the root, and the newest one that a run wrote ("" if none).
HEADS = Script(r"""
local ids = redis.call('HMGET', thread, 'h\31', 'l')
if not ids[1] then return '' end
local out = frame(ids[1])
for i = 1, 2 do
    out = out .. frame(ids[i] and redis.call('HGET', thread, 'c\31' .. ids[i] .. '\31') or '')
end
return out
""")

# The fields of checkpoints. Removes them, their writes, and the values and blocks that no other one shows. What went
# on from one goes on from the nearest before it that stays: its parent, the first word of its record, is replaced.
REMOVE = Script(r"""
local function parent_of(record)
    local at = 3
    while true do
        local char = string.byte(record, at)
        if char == 34 then return string.sub(record, 2, at) end
        at = at + (char == 92 and 2 or 1)
    end
end
local function field_of(parent, ns) return 'c\31' .. cjson.decode('[' .. parent .. ']')[1] .. '\31' .. ns end
local gone, doomed, values, kept, newest, of_a_run = {}, {}, {}, {}, {}, nil
for i = 1, #ARGV do gone[ARGV[i]] = true end
local nss = {}
for _, field in ipairs(redis.call('HKEYS', thread)) do
    local kind = string.sub(field, 1, 2)
    if kind == 'v\31' or kind == 'b\31' then
        values[#values + 1] = field
    elseif kind == 'c\31' then
        local id, ns = apart(field)
        nss[ns] = true
        if gone[field] then
            doomed[#doomed + 1] = field
            doomed[#doomed + 1] = 'w\31' .. id .. '\31' .. ns
        else
            local record = redis.call('HGET', thread, field)
            local before = parent_of(record)
            local nearest, seen = before, {}
            while gone[field_of(nearest, ns)] and not seen[nearest] do
                seen[nearest] = true
                local older = redis.call('HGET', thread, field_of(nearest, ns))
                nearest = older and parent_of(older) or '""'
            end
            if nearest ~= before then
                if seen[nearest] then nearest = '""' end
                redis.call('HSET', thread, field, '[' .. nearest .. string.sub(record, 2 + #before))
            end
            for _, value in ipairs(shown(record, ns)) do
                if not kept[value] then
                    kept[value] = true
                    for _, block in ipairs(blocks(redis.call('HGET', thread, value) or '')) do kept[block] = true end
                end
            end
            if not newest[ns] or newest[ns] < id then newest[ns] = id end
            if ns == '' and head(record)[2] == 'loop' and (not of_a_run or of_a_run < id) then of_a_run = id end
        end
    end
end
local removed = #doomed / 2
if removed == 0 then return '0' end
for _, value in ipairs(values) do if not kept[value] then doomed[#doomed + 1] = value end end
for ns in pairs(nss) do
    if newest[ns] then redis.call('HSET', thread, 'h\31' .. ns, newest[ns])
    else doomed[#doomed + 1] = 'h\31' .. ns end
end
if of_a_run then redis.call('HSET', thread, 'l', of_a_run) else doomed[#doomed + 1] = 'l' end
for i = 1, #doomed, 5000 do redis.call('HDEL', thread, unpack(doomed, i, math.min(i + 4999, #doomed))) end
return tostring(removed)
""")

# ms that the grave is kept, and the id up to which a thread is dead that has nothing yet.
DELETE = Script(r"""
local newest, nothing = redis.call('GET', KEYS[2]) or '', true
for _, field in ipairs(redis.call('HKEYS', thread)) do
    local kind = string.sub(field, 1, 2)
    if kind == 'c\31' or kind == 'w\31' then
        local id = apart(field)
        nothing = false
        if id > newest then newest = id end
    end
end
if nothing and ARGV[2] > newest then newest = ARGV[2] end
redis.call('UNLINK', thread)
redis.call('SET', KEYS[2], newest, 'PX', ARGV[1])
return 'ok'
""")

# ms to live, then fields and values of a whole thread; what is there already stays.
TAKE = Script(r"""
redis.call('DEL', KEYS[2])
for i = 2, #ARGV, 2 do
    local kind = string.sub(ARGV[i], 1, 1)
    if kind == 'h' or kind == 'l' then newer(ARGV[i], ARGV[i + 1])
    else redis.call('HSETNX', thread, ARGV[i], ARGV[i + 1]) end
end
live(tonumber(ARGV[1]), true)
return 'ok'
""")

# ns, id, 1 to begin with its parent, how many at most, then channels. The checkpoint and those before it, up to
# the first that shows all of the channels. Of each: id, record, writes.
CHAIN = Script(r"""
local ns, id, left, wanted, out = ARGV[1], ARGV[2], #ARGV - 4, {}, {}
for i = 5, #ARGV do wanted[ARGV[i]] = true end
if id == '' then id = redis.call('HGET', thread, 'h\31' .. ns) or '' end
for i = 1, tonumber(ARGV[4]) do
    local record = redis.call('HGET', thread, 'c\31' .. id .. '\31' .. ns)
    if not record then break end
    local told = head(record)
    if i > 1 or ARGV[3] == '0' then
        local writes = redis.call('HGET', thread, 'w\31' .. id .. '\31' .. ns) or ''
        out[#out + 1] = frame(id) .. frame(record) .. frame(writes)
        for n = 1, #told[4], 2 do
            if wanted[told[4][n]] then wanted[told[4][n]] = nil; left = left - 1 end
        end
    end
    id = told[1]
    if left == 0 or id == '' then break end
end
return table.concat(out)
""")

# A field, what stood in it and what shall, then fields and values that come with it and are left where they are there.
RESEAL = Script(r"""
if redis.call('HGET', thread, ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', thread, ARGV[1], ARGV[3])
for i = 4, #ARGV, 2 do redis.call('HSETNX', thread, ARGV[i], ARGV[i + 1]) end
return 1
""")

# Blocks that no value names any more go.
SWEEP = Script(r"""
local named, there = {}, {}
for _, field in ipairs(redis.call('HKEYS', thread)) do
    local kind = string.sub(field, 1, 2)
    if kind == 'v\31' then
        for _, block in ipairs(blocks(redis.call('HGET', thread, field))) do named[block] = true end
    elseif kind == 'b\31' then
        there[#there + 1] = field
    end
end
for _, field in ipairs(there) do if not named[field] then redis.call('HDEL', thread, field) end end
return 'ok'
""")
