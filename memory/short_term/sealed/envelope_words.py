"""What nearly every stored message holds, for zstd to refer to: a short value is half of it. As fixed as a format.

What was compressed with it is read with this very text alone: another one takes another codec.
"""

from typing import Final

WORDS: Final = b"".join(
    [
        b"\xbelanggraph.graph.message\xaedRemoveMessage\xa4__overwrite__\xa5value\xc2\xc3",
        b"input_tokens\xadoutput_tokens\xactotal_tokens\xb3input_token_details\xaacache_read\xb4output_token_details",
        b"\xa9reasoning\xaafinish_reason\xa4stop\xaamodel_name\xabtoken_usage\xb2system_fingerprint\xa8logprobs\xc0",
        b"\x05\x94\xbelangchain_core.messages.system\xadSystemMessage\x86\xa7content",
        b"\x05\x94\xbclangchain_core.messages.tool\xabToolMessage\x89\xa7content\xb1additional_kwargs\x80",
        b"\xb1response_metadata\x80\xa4type\xa4tool\xa4name\xa2id\xd9$\xactool_call_id\xa8artifact\xc0\xa6status",
        b"\xa7success\xb3model_validate_json\xa2id\xa4name\xa4args\xa4type\xa9tool_call\xb2invalid_tool_calls\x90",
        b"\x91\xc8\x01\x05\x94\xbalangchain_core.messages.ai\xa9AIMessage\x89\xa7content\xd9\xb1additional_kwargs\x80",
        b"\xb1response_metadata\x80\xa4type\xa2ai\xa4name\xc0\xa2id\xd9$\xaatool_calls\x90\xb2invalid_tool_calls\x90",
        b"\xaeusage_metadata\xc0\xb3model_validate_json",
        b"\x91\xc8\x01\x05\x94\xbdlangchain_core.messages.human\xacHumanMessage\x86\xa7content\xd9",
        b"\xb1additional_kwargs\x80\xb1response_metadata\x80\xa4type\xa5human\xa4name\xc0\xa2id\xd9$",
        b"\xb3model_validate_json\x07msgpack\x81\xa8messages",
    ]
)
