-- Finds the header as seqcheck does: behind the link layer, tags, IP and its extension headers, up to the anchor; and where
-- it is not there, behind the IP and Ethernet headers inside, of those tunnels that Wireshark looks into.
-- A post-dissector: what Wireshark says of the packet otherwise stays as it is, but for the Info column of duplicates.
-- Which these are stands in the comments of a capture that seqcheck wrote; see duplicates below.

local proto = Proto("seqcheck." .. LAYOUT.name, "seqcheck, layout " .. LAYOUT.title)
local ip_field, ip6_field, eth_field, sll_field = Field.new("ip"), Field.new("ipv6"), Field.new("eth"), Field.new("sll.pkttype")
local icmp_field, icmp6_field = Field.new("icmp"), Field.new("icmpv6")
local TAGS = { [0x8100] = true, [0x88a8] = true, [0x9100] = true, [0x9200] = true }
local EXTENSIONS = {
  [4] = { [51] = true },
  [6] = { [0] = true, [43] = true, [44] = true, [51] = true, [60] = true, [135] = true, [139] = true, [140] = true },
}

local declared = {}
for _, field in ipairs(LAYOUT.fields) do
  field.proto = ProtoField.uint64("seqcheck." .. LAYOUT.name .. "." .. field.name, field.title, field.hex and base.HEX or base.DEC)
  declared[#declared + 1] = field.proto
end
local time_field = ProtoField.absolute_time("seqcheck." .. LAYOUT.name .. ".time", "Sender's time", base.UTC)
declared[#declared + 1] = time_field
local comment_field = Field.new("frame.comment")
local twice_field = ProtoField.bool("seqcheck." .. LAYOUT.name .. ".duplicate", "Duplicate")
local earlier_field = ProtoField.bool("seqcheck." .. LAYOUT.name .. ".earlier_copy", "Earlier copy of a duplicate")
declared[#declared + 1], declared[#declared + 2] = twice_field, earlier_field
proto.fields = declared
local twice_expert = ProtoExpert.new("seqcheck." .. LAYOUT.name .. ".again", "Number came before", expert.group.SEQUENCE, expert.severity.WARN)
proto.experts = { twice_expert }

local function wide(pair) return UInt64.new(pair[1], pair[2]) end

-- Bytes from..to-1 were captured.
local function captured(tvb, from, to) return from >= 0 and to <= tvb:len() end

-- Behind the tags that follow an ethertype at `at`, of which the payload begins at `start`.
local function typed_payload(tvb, at, start, wanted)
  if not captured(tvb, at, at + 2) then return nil end
  local kind = tvb(at, 2):uint()
  while TAGS[kind] do
    if not captured(tvb, start, start + 4) then return nil end
    kind, start = tvb(start + 2, 2):uint(), start + 4
  end
  if wanted and kind ~= wanted then return nil end
  return start, tvb:reported_len()
end

local function link_payload(tvb, wanted)
  if eth_field() then return typed_payload(tvb, 12, 14, wanted) end
  if not sll_field() then return nil end
  if sll_field().offset == 0 then return typed_payload(tvb, 14, 16, wanted) end
  return typed_payload(tvb, 0, 20, wanted)
end

-- Where the headers of these fields begin, outside in; those that an ICMP error quotes are not the frame's.
local function headers(...)
  local quoted, found = math.huge, {}
  for _, error in ipairs({ icmp_field(), icmp6_field() }) do quoted = math.min(quoted, error.offset) end
  for _, field in ipairs({ ... }) do
    for _, header in ipairs({ field() }) do
      if header.offset < quoted then found[#found + 1] = header.offset end
    end
  end
  table.sort(found)
  return found
end

-- The payload of the IP header at `at`: its first byte, its end as the headers say, the protocol there.
local function ip_payload(tvb, at, wanted)
  local last = tvb:reported_len()
  if not captured(tvb, at, at + 20) then return nil end
  local version = bit.rshift(tvb(at, 1):uint(), 4)
  local start, kind
  if version == 4 then
    local total = tvb(at + 2, 2):uint()
    if bit.band(tvb(at + 6, 2):uint(), 0x1fff) ~= 0 then return nil end
    if total > 0 then last = at + total end
    start, kind = at + bit.band(tvb(at, 1):uint(), 15) * 4, tvb(at + 9, 1):uint()
  elseif version == 6 and captured(tvb, at, at + 40) then
    local length = tvb(at + 4, 2):uint()
    if length > 0 then last = at + 40 + length end
    start, kind = at + 40, tvb(at + 6, 1):uint()
  else return nil end
  for _ = 1, 16 do
    if kind == wanted or not EXTENSIONS[version][kind] then break end
    if not captured(tvb, start, start + 8) then return nil end
    local more = tvb(start + 1, 1):uint()
    local length = (more + 1) * 8
    if kind == 44 then
      if bit.band(tvb(start + 2, 2):uint(), 0xfff8) ~= 0 then return nil end
      length = 8
    elseif kind == 51 then length = (more + 2) * 4 end
    kind, start = tvb(start, 1):uint(), start + length
  end
  return start, last, kind
end

local function transport_payload(tvb, at, number, least)
  local start, last, kind = ip_payload(tvb, at)
  if not start or kind ~= number or not captured(tvb, start, start + least) then return nil end
  local from, to = tvb(start, 2):uint(), tvb(start + 2, 2):uint()
  if LAYOUT.selector and from ~= LAYOUT.selector and to ~= LAYOUT.selector then return nil end
  if #LAYOUT.ports > 0 then
    local sought = false
    for _, range in ipairs(LAYOUT.ports) do
      sought = sought or (from >= range[1] and from <= range[2]) or (to >= range[1] and to <= range[2])
    end
    if not sought then return nil end
  end
  if number == 17 then
    local length = tvb(start + 4, 2):uint()
    if length > 0 then last = start + length end
    return start + 8, last
  end
  return start + bit.rshift(tvb(start + 12, 1):uint(), 4) * 4, last
end

-- For each anchor, the payload behind a header of the frame; and where such headers begin.
local function ip_headers() return headers(ip_field, ip6_field) end
local ANCHORS = {
  frame = { function() return { 0 } end, function(tvb) return 0, tvb:reported_len() end },
  eth = { function()
    local found = headers(eth_field)
    if not found[1] or found[1] > 0 then table.insert(found, 1, 0) end
    return found
  end, function(tvb, at)
    if at == 0 then return link_payload(tvb, LAYOUT.selector) end
    return typed_payload(tvb, at + 12, at + 14, LAYOUT.selector)
  end },
  ip = { ip_headers, function(tvb, at)
    local start, last, kind = ip_payload(tvb, at, LAYOUT.selector)
    if LAYOUT.selector and kind ~= LAYOUT.selector then return nil end
    return start, last
  end },
  udp = { ip_headers, function(tvb, at) return transport_payload(tvb, at, 17, 8) end },
  tcp = { ip_headers, function(tvb, at) return transport_payload(tvb, at, 6, 20) end },
}

-- Where the moves of LAYOUT lead in the payload that is being read; of several records in it, where one begins.
local here = 0

local function placed(start, last, field)
  if field.here or LAYOUT.in_record then return here + field.at end
  return (field.at >= 0 and start or last) + field.at
end

-- A word's bytes and its value after its mask; nil where it was not captured or does not lie in the payload.
local function read(tvb, start, last, word)
  local at = placed(start, last, word)
  if at < start or at + word.width > last or not captured(tvb, at, at + word.width) then return nil end
  local range = tvb(at, word.width)
  local value = word.big and range:uint64() or range:le_uint64()
  return range, value:band(wide(word.mask))
end

local PATTERNS = { text = "^%d+", hex = "^%x+", bcd = "^%d+" }

-- Seven bits a byte, the lowest first, as long as the highest bit is set.
local function read_varint(tvb, at, limit)
  local value = UInt64.new(0)
  for count = 1, 10 do
    if at + count > limit then return nil end
    local byte = tvb(at + count - 1, 1):uint()
    if count == 10 and byte > 1 then return nil end
    value = value:bor(UInt64.new(bit.band(byte, 0x7f)):lshift(7 * (count - 1)))
    if byte < 0x80 then return tvb(at, count), value end
  end
  return nil
end

-- A number in digits, as portable/digits.py says: its bytes and its value.
local function read_digits(tvb, start, last, field)
  local at, limit = placed(start, last, field), math.min(last, tvb:len())
  if at < start or at + math.max(field.width, 1) > last or at >= limit then return nil end
  if #field.label > 0 then
    local found = tvb(at, limit - at):raw():find(field.label, 1, true)
    if not found or found > 4096 then return nil end
    at = at + found - 1 + #field.label
    while field.width == 0 and field.digits ~= "varint" and at < limit and tvb(at, 1):uint() == 32 do at = at + 1 end
  end
  if at + field.width > limit or at >= limit then return nil end
  if field.digits == "varint" then return read_varint(tvb, at, limit) end
  local raw = field.width > 0 and tvb(at, field.width):raw() or tvb(at, limit - at):raw()
  if field.digits == "bcd" then
    raw = raw:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
  elseif field.width > 0 then
    raw = raw:gsub("^ +(.)", "%1")
  end
  local text = raw:match(PATTERNS[field.digits])
  if not text or #text > 20 or (field.width > 0 and #text ~= #raw) then return nil end
  if field.width == 0 and at + #text == limit and limit < last then return nil end
  local base, value = UInt64.new(field.digits == "hex" and 16 or 10), UInt64.new(0)
  for digit in text:gmatch(".") do
    local next = value * base + UInt64.new(tonumber(digit, 16))
    if next / base ~= value then return nil end
    value = next
  end
  return tvb(at, field.width > 0 and field.width or #text), value
end

-- The first BER element with this tag from `here` on: where its content begins, and how long it is; as portable/moves.py says.
local function find_element(tvb, last, tag)
  local at, limit = here, math.min(last, tvb:len())
  for _ = 1, 64 do
    if at + 2 > limit then return nil end
    local kind, length, first = tvb(at, 1):uint(), tvb(at + 1, 1):uint(), at + 2
    if bit.band(kind, 0x1f) == 0x1f or length == 0x80 or length > 0x84 then return nil end
    if length > 0x80 then
      local many = length - 0x80
      if first + many > limit then return nil end
      length, first = tvb(first, many):uint(), first + many
    end
    if kind == tag then return first, length end
    at = first + length
  end
  return nil
end

-- A BER element's content: a number, or what stands for a name (FNV-1a).
local function read_element(tvb, last, field)
  local at, length = find_element(tvb, last, field.tag)
  if not at or length < 1 or length > (field.label and 255 or 9) then return nil end
  if at + length > math.min(last, tvb:len()) then return nil end
  local value, first = UInt64.new(0), 0
  if length > 8 and field.label then
    value = UInt64.new(0x84222325, 0xcbf29ce4)
    for place = 0, length - 1 do
      value = value:bxor(UInt64.new(tvb(at + place, 1):uint())) * UInt64.new(0x000001b3, 0x100)
    end
    return tvb(at, length), value
  end
  if length > 8 then
    if tvb(at, 1):uint() ~= 0 then return nil end
    first = 1
  end
  for place = first, length - 1 do value = value:lshift(8):bor(UInt64.new(tvb(at + place, 1):uint())) end
  return tvb(at, length), value
end

-- How many bytes an amount is; nil where that cannot be said.
local function amount(tvb, start, last, move)
  local on = move.plus
  if move.word then
    local _, value = read(tvb, start, last, move.word)
    if not value then return nil end
    value = value:rshift(move.word.shift)
    if value > UInt64.new(262144) then return nil end
    on = on + move.times * value:tonumber()
  end
  if move.whole > 0 then on = math.ceil(on / move.whole) * move.whole end
  return on
end

-- On by an amount. False where that leads out of the payload.
local function moved_on(tvb, start, last, move)
  local on = amount(tvb, start, last, move)
  if not on then return false end
  here = here + on
  return here <= last
end

-- Whether what an amount depends on is not 0; nil where that cannot be said.
local function asked(tvb, start, last, move)
  if not move.when then return true end
  local _, value = read(tvb, start, last, move.when)
  if not value then return nil end
  return value ~= UInt64.new(0)
end

-- Over the elements in front of the one that is sought.
local function moved_until(tvb, start, last, move)
  for _ = 1, 64 do
    local _, value = read(tvb, start, last, move.sought)
    if not value then return false end
    if value == wide(move.sought.value) then return true end
    local before = here
    if not moved_on(tvb, start, last, move) or here == before then return false end
  end
  return false
end

-- All moves; false where one leads nowhere.
local function moved(tvb, start, last)
  here = start
  for _, move in ipairs(LAYOUT.moves) do
    if move.into then
      local at = find_element(tvb, last, move.into)
      if not at then return false end
      here = at
    elseif move.sought then
      if not moved_until(tvb, start, last, move) then return false end
    else
      local wanted = asked(tvb, start, last, move)
      if wanted == nil or (wanted and not moved_on(tvb, start, last, move)) then return false end
    end
  end
  return true
end

-- On to the place of the next record of the same payload, as portable/chain.py says; false if there is none.
local function next_place(tvb, start, last)
  local sum = 0
  for _, part in ipairs(LAYOUT.each) do
    local wanted, on = asked(tvb, start, last, part), 0
    if wanted then on = amount(tvb, start, last, part) end
    if wanted == nil or not on then return false end
    sum = sum + on
  end
  here = here + sum
  return sum > 0 and here < math.min(last, tvb:len())
end

-- A number in several words, high part first; the bytes shown are those of the last one.
local function read_pieces(tvb, start, last, field)
  local number, range = UInt64.new(0), nil
  for _, piece in ipairs(field.pieces) do
    local there, value = read(tvb, start, last, piece)
    if not there then return nil end
    range, number = there, number:lshift(piece.bits):bor(value:rshift(piece.shift))
  end
  return range, number
end

-- The number by which the counter counts by one, nil where there is none.
local function counted(value)
  local number, by, modulus = value, wide(LAYOUT.by), LAYOUT.modulus and wide(LAYOUT.modulus)
  if LAYOUT.rule == "step" then number = value:rshift(LAYOUT.shift)
  elseif LAYOUT.rule == "division" then number = value / by
  elseif LAYOUT.rule == "least" then
    if value < by then return nil end
    number = value - by
  end
  if modulus and number >= modulus then return nil end
  if LAYOUT.rule == "step" then
    number = number * by
    if modulus then number = number % modulus end
  elseif LAYOUT.rule == "least" then number = value % modulus end
  return number
end

local function matches(tvb, start, last)
  for _, match in ipairs(LAYOUT.matches) do
    local _, value = read(tvb, start, last, match)
    if not value then return false end
    local right = match.value and wide(match.value) or UInt64.new(last - start)
    if (value == right) ~= match.equal then return false end
  end
  return true
end

local UNITS = { ns = 1, us = 1000, ms = 1000000, s = 1000000000 }

local function nanoseconds(value, unit)
  if unit ~= "ntp" then return value * UInt64.new(UNITS[unit]) end
  local seconds = value:rshift(32) - UInt64.new(2208988800)
  return seconds * UInt64.new(1000000000) + (value:band(UInt64.new(0xffffffff)) * UInt64.new(1000000000)):rshift(32)
end

-- What there is to show of a record, the time and the number; nil where there is none.
local function record(tvb, start, last)
  if not matches(tvb, start, last) then return nil end
  local shown, time, seq = {}, UInt64.new(0), nil
  for _, field in ipairs(LAYOUT.fields) do
    local range, value
    if field.tag then range, value = read_element(tvb, last, field)
    elseif field.digits then range, value = read_digits(tvb, start, last, field)
    elseif field.pieces then range, value = read_pieces(tvb, start, last, field)
    else range, value = read(tvb, start, last, field) end
    local guard = true
    if field.when then
      local _, asked = read(tvb, start, last, field.when)
      guard = asked ~= nil and asked ~= UInt64.new(0)
    end
    if range and guard then
      value = value:rshift(field.shift)
      if field.seq then
        value = counted(value)
        if not value then return nil end
      end
      shown[#shown + 1] = { field.proto, range, value }
      if field.unit and time then time = time + nanoseconds(value, field.unit) end
      if field.seq then seq = value end
    else
      if field.unit then time = nil end
      if field.needed then return nil end
    end
  end
  return shown, time, seq
end

-- All records of a payload.
local function records(tvb, start, last)
  local found = {}
  if not start or start > last or not moved(tvb, start, last) then return found end
  repeat
    local shown, time, seq = record(tvb, start, last)
    if shown then found[#found + 1] = { shown = shown, time = time, seq = seq } end
  until not next_place(tvb, start, last)
  return found
end

local function show(branch, one)
  for _, item in ipairs(one.shown) do branch:add(item[1], item[2], item[3]) end
  if one.time and LAYOUT.timed then
    local whole = one.time / UInt64.new(1000000000)
    local rest = one.time - whole * UInt64.new(1000000000)
    branch:add(time_field, NSTime.new(whole:tonumber(), rest:tonumber())):set_generated()
  end
end

-- Mark what a comment of seqcheck's says: this frame's number came before, or it comes again.
local function mark_duplicates(branch, pinfo)
  local twice, earlier
  for _, comment in ipairs({ comment_field() }) do
    local text = tostring(comment.value)
    if text:find("seqcheck:", 1, true) == 1 then
      twice = twice or text:find("duplicate: number", 1, true) or text:find("number %d+ again")
      earlier = earlier or text:find("earlier copy: number", 1, true) or text:find("which comes again in frame %d+")
    end
  end
  if earlier then branch:add(earlier_field, true):set_generated() end
  if twice then
    branch:add(twice_field, true):set_generated()
    branch:add_proto_expert_info(twice_expert)
    pinfo.cols.info:prepend("[Duplicate] ")
  end
end

function proto.dissector(tvb, pinfo, tree)
  local begins, payload = ANCHORS[LAYOUT.anchor][1](), ANCHORS[LAYOUT.anchor][2]
  local found, start, last = {}, nil, nil
  for _, at in ipairs(begins) do
    start, last = payload(tvb, at)
    found = records(tvb, start, last)
    if #found > 0 then break end
  end
  if #found == 0 then return end
  local branch = tree:add(proto, tvb(start, math.min(last, tvb:len()) - start))
  if #found == 1 then
    branch:append_text(": number " .. tostring(found[1].seq))
    show(branch, found[1])
  else
    branch:append_text(": " .. #found .. " records")
    for _, one in ipairs(found) do show(branch:add("Number " .. tostring(one.seq)), one) end
  end
  mark_duplicates(branch, pinfo)
end

register_postdissector(proto)
