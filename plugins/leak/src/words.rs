//! Words that say what a sentence is for.

/// Words without content of their own. Shorter ones need not be here.
pub(crate) const STOP: &str = "\
the and for that this with from have will your yours they them their theirs then than what when where which \
while would could should there about into over some such only also been being were does just more most much \
many each every other others these those after before because between both through during until upon within \
without very same here make makes made like need needs want wants know using used able come comes goes going \
take takes gives given gets getting thing things something anything please thank thanks help helps helping \
well good great sure okay shall must might maybe never always whose whom itself himself herself yourself \
myself still again even ever quite rather though although however therefore first second third last next \
already often sometimes dont doesnt cant wont isnt arent youre youll theyre whats thats \
dass nicht eine einen einem einer eines auch aber oder wenn dann sind werden wird haben hat kann koennen konnen \
sehr mehr noch nach ueber uber unter zwischen diese dieser dieses ihre ihrer ihnen alle alles immer niemals \
pour dans avec sans sont etre avez vous nous leur leurs cette plus mais donc comme tout tous toute toutes \
para como pero esta este estos estas todo todos toda todas siempre nunca cuando donde porque sobre entre desde \
della delle degli nella nelle sono essere come anche quando dove sempre tutti tutto questo questa \
voor naar maar deze niet zijn wordt worden heeft hebben altijd nooit alle";

/// Words that speak to the model, or of the two who talk.
pub(crate) const ADDRESS: &str = "\
you your yours yourself youre youll assistant chatbot bot user users customer customers answer answers reply \
respond persona instructions instruction prompt \
du sie ihr ihre ihnen nutzer benutzer tu vous votre vos utilisateur usted usuario eres sei utente voce usuario \
je jij gebruiker jestes uzytkownik ты вы ваш пользователь пользователя sen kullanici";

/// Words by which an instruction is known wherever they stand.
pub(crate) const MARKS: &str = "\
must never always should shall dont cannot cant wont refuse decline avoid ensure confidential allowed permitted \
forbidden prohibited required \
musst muss muessen mussen nie niemals immer nicht antworte antworten \
dois devez jamais toujours repondez reponds \
debes debe nunca siempre responde devi deve mai sempre rispondi sempre responda \
moet nooit altijd antwoord musisz nigdy zawsze odpowiadaj \
должен должна должны никогда всегда отвечай отвечайте asla daima yanitla";

/// Verbs that a sentence of instructions begins with.
pub(crate) const VERBS: &str = "\
use keep do be write include provide ask explain treat follow format return output call make remember ignore \
reveal say tell give start end open close speak mention offer prefer cite check stay assume consider translate \
summarise summarize quote list limit add address act apply begin collect compare confirm convert convey create \
describe detect direct discuss encourage escalate extract focus greet guide help identify if invent invite keep \
flag praise log reward decide judge draft edit explore fill finish fix flatten gather grade hand hide highlight \
improve inform inspect invoke label link load log look mark mirror move name note pass pause pick place plan point praise \
prepare present preserve print process quote raise reason record reduce refine release remain remind remove render \
replace rephrase resolve restate retrieve retry return reveal review rewrite round save scan score see select \
serve skip sort spell split store strip substitute tag test think trim turn update validate visit weigh wrap \
leave let maintain match note only omit play prioritise prioritize produce promise propose put read recommend \
redirect refer reject repeat report request rewrite route search send set share show sign stick stop stop \
suggest support switch take think transfer try verify wait warn when work";

/// Words that a sentence begins with before it says what to do then.
pub(crate) const CONDITIONS: &str = "\
if when whenever unless before after once for while until in on at with wenn falls bei si quand quando cuando se als";

/// Words that speak of secrecy: a refusal shares them with the instruction to refuse.
pub(crate) const SECRECY: &str = "\
reveal reveals revealing disclose disclosing share sharing repeat repeating summarise summarize translate \
paraphrase instructions instruction prompt prompts system message rules guidelines confidential secret internal \
discuss discussing details information assist assistance assistant unable sorry request requests question questions \
answer answers user users";

/// What a speaker of its instructions begins with.
pub(crate) const CUE_OWN: &str = "\
my i am im was were wurde ich suis fui sono stato been have ive initial system these the following given here hidden original says say supposed \
meine meinen meiner mes mon mis mi mie mio minhas meu mijn moje moich мои моих моя moja benim";

/// And goes on with.
pub(crate) const CUE_ORDERS: &str = "\
instructions instruction prompt guidelines rules orders notes directives programming configuration told instructed configured \
programmed prompted directed required supposed forbidden prohibited allowed \
anweisungen anweisung systemprompt vorgaben regeln angewiesen \
consignes regles directives instrucciones reglas istruzioni regole instrucoes regras instructies regels \
instrukcje instrukcji инструкции инструкций инструкция talimatlarim";

/// Words that quote what the model is to say.
pub(crate) const SAY: &str = "\
say says saying reply respond answer write output print tell phrase message with sentence exactly like use \
sage antworte schreibe dis reponds ecris di responde escribe";

/// What a secret in a system prompt is called.
pub(crate) const KEYS: &str = "\
password passwort passphrase passcode passwd pwd secret codeword kennwort contrasena senha wachtwoord haslo \
пароль credential credentials";

/// What else may be called so: with a value that no word is.
pub(crate) const WEAK_KEYS: &str = "token apikey canary flag key code pin keyword word";

/// What stands behind such a name and is no secret.
pub(crate) const NO_VALUES: &str = "\
required optional needed mandatory correct incorrect invalid valid wrong confidential secret private hidden \
unknown different stored encrypted hashed expired missing empty provided known shared reset changed used \
given entered shown protected sensitive allowed forbidden available there here below above following case \
safe secure strong weak true false null none never always must should will that this these those with from \
what when your their them they string number value field word words";

/// Sentences that many answers and many system prompts have.
pub(crate) const BOILERPLATE: &[&str] = &[
    "You are a helpful assistant. You are an AI assistant. You are a helpful, harmless and honest assistant.",
    "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, while being safe.",
    "You are an expert in. You are a large language model trained by. As an AI language model, I",
    "You are ChatGPT, a large language model trained by OpenAI, based on the GPT-4 architecture.",
    "I'm sorry, but I can't help with that. I'm sorry, I can't assist with that request.",
    "How can I help you today? How can I assist you today? How may I help you?",
    "Let me know if you have any questions. If you have any other questions, feel free to ask.",
    "Please let me know if there is anything else I can help you with. Is there anything else I can help you with?",
    "If you have any further questions or need more information, please do not hesitate to contact us.",
    "Let's think step by step. Think step by step. Here is a step by step guide on how to",
    "Answer the question based on the context below. Use the following pieces of context to answer the question.",
    "If you don't know the answer, just say that you don't know, don't try to make up an answer.",
    "I don't have enough information to answer that. Based on the information provided, here is a summary of the",
    "by the end of the day, on the other hand, at the same time, as well as the, one of the most, in the case of",
    "if you would like to, please make sure that you, it is important to note that, make sure to check the",
];
