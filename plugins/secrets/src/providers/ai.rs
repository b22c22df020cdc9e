//! Models and what is around them.

use crate::checks;
use crate::shape::Class::{Alnum, Base64, Dotted, Hex, Lower, Url};
use crate::shape::{Shape, exact, shape};

#[rustfmt::skip]
pub(super) static SHAPES: &[Shape] = &[
    shape("anthropic-api-key", "Anthropic API key", &["sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-", "sk-ant-ort01-"], Url, (80, 120)).check(checks::ends_in_aa).critical(),
    shape("anthropic-api-key", "Anthropic session key", &["sk-ant-sid01-", "sk-ant-sid02-"], Url, (80, 140)).critical(),
    shape("cerebras-api-key", "Cerebras API key", &["csk-"], Alnum, (40, 56)),
    shape("opik-key", "Opik API key", &["opik_"], Alnum, (32, 64)),
    exact("e2b-key", "E2B API key", &["e2b_"], Hex, 40),
    shape("elevenlabs-key", "ElevenLabs API key", &["sk_"], Hex, (48, 48)),
    shape("fal-key", "fal key", &["fal_"], Alnum, (32, 64)).check(checks::mixed),
    exact("firecrawl-key", "Firecrawl API key", &["fc-"], Hex, 32),
    shape("fireworks-key", "Fireworks API key", &["fw_"], Alnum, (22, 26)).check(checks::mixed),
    exact("groq-api-key", "Groq API key", &["gsk_"], Alnum, 52),
    shape("helicone-key", "Helicone API key", &["sk-helicone-", "pk-helicone-"], Url, (28, 48)),
    shape("huggingface-token", "Hugging Face token", &["hf_", "api_org_"], Alnum, (34, 37)).check(checks::no_words),
    shape("jina-key", "Jina API key", &["jina_"], Url, (56, 66)),
    exact("kaggle-token", "Kaggle API token", &["KGAT_"], Hex, 32),
    exact("langfuse-key", "Langfuse secret key", &["sk-lf-"], Url, 36).check(checks::uuid),
    shape("langsmith-key", "LangSmith API key", &["lsv2_pt_", "lsv2_sk_"], Url, (43, 43)),
    shape("llamacloud-key", "LlamaCloud API key", &["llx-"], Alnum, (40, 60)).check(checks::mixed),
    shape("nvidia-api-key", "NVIDIA API key", &["nvapi-"], Url, (60, 70)),
    shape("openai-api-key", "OpenAI API key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"], Url, (40, 170)).check(checks::openai_project).critical(),
    shape("openai-api-key", "OpenAI API key", &["sk-"], Alnum, (32, 64)).check(checks::openai).critical(),
    shape("openai-api-key", "OpenAI session key", &["sess-"], Alnum, (40, 40)).check(checks::mixed),
    exact("openrouter-api-key", "OpenRouter API key", &["sk-or-v1-"], Hex, 64),
    shape("perplexity-api-key", "Perplexity API key", &["pplx-"], Alnum, (48, 56)),
    shape("pinecone-key", "Pinecone API key", &["pcsk_"], Url, (50, 75)),
    shape("replicate-token", "Replicate token", &["r8_"], Alnum, (37, 40)),
    shape("roboflow-key", "Roboflow API key", &["rf_"], Alnum, (20, 32)).near(&["roboflow"]),
    shape("tavily-key", "Tavily API key", &["tvly-"], Url, (32, 48)).check(checks::mixed),
    shape("together-key", "Together API key", &["tgp_v1_"], Url, (40, 48)),
    shape("voyage-key", "Voyage API key", &["pa-"], Url, (43, 46)).near(&["voyage"]),
    shape("wandb-key", "Weights & Biases API key", &["wandb_v1_"], Url, (60, 90)),
    shape("xai-api-key", "xAI API key", &["xai-"], Alnum, (70, 84)),
    shape("langchain-key", "LangChain Hub API key", &["ls__"], Lower, (32, 32)),
    shape("google-api-key", "Google AI Studio key", &["AQ.Ab"], Url, (44, 60)),
    shape("baidu-key", "Baidu Cloud key", &["bce-v3/ALTAK-"], Base64, (50, 80)),
    shape("portkey-key", "Portkey API key", &["pk-portkey-"], Dotted, (24, 60)),
];
