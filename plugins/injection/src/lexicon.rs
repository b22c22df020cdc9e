//! The words that attacks are made of, sorted by what they do in a sentence.
//!
//! Words are written as the scanner sees them: folded (no accents, `ss` for `ß`), in lower case. A
//! word ends where letters end, unless it ends with `*`. Scripts without spaces need no ends.

macro_rules! classes {
    ($($(#[$meta:meta])* $name:ident = $bit:literal;)+) => {
        $($(#[$meta])* pub(crate) const $name: u64 = 1 << $bit;)+
    };
}

classes! {
    /// Verbs that set something aside.
    OVERRIDE = 0;
    /// What came before, or is yours.
    REFERENCE = 1;
    /// Instructions, rules, prompts.
    ORDERS = 2;
    /// Everything.
    EVERYTHING = 3;
    /// Showing, repeating, printing.
    REVEAL = 4;
    /// The system prompt by its names.
    SYSTEM_PROMPT = 5;
    /// Taking a role.
    ROLE = 6;
    /// Personas and modes known from jailbreaks.
    PERSONA = 7;
    /// Freedom from rules.
    UNBOUND = 8;
    /// Whose rules they are.
    POLICY = 9;
    /// Not refusing, not warning, staying in character.
    NO_REFUSAL = 10;
    /// The model, addressed by name.
    MODEL = 11;
    /// A new beginning: now, from now on, instead.
    NOW = 12;
    /// Tasks.
    TASK = 13;
    /// Urgency and importance.
    URGENT = 14;
    /// Saying or writing something given.
    SAY = 15;
    /// Sending, posting, uploading.
    SEND = 16;
    /// Addresses.
    URL = 17;
    /// What is worth sending.
    PRIVATE = 18;
    /// Keeping it from the user.
    SECRECY = 19;
    /// Chat-template and role tokens.
    TEMPLATE = 20;
    /// Somebody with the right to give orders.
    AUTHORITY = 21;
    /// Calling a tool, running a command.
    TOOL = 22;
    /// The answer, response, reply, output.
    ANSWER = 23;
    /// Doing something to the answer: include, add, append, end with.
    SHAPE = 24;
    /// Talking about attacks: an example of, an attack that, such as.
    ABOUT = 25;
    /// Words that run backwards.
    BACKWARDS = 26;
    /// Words of ROT13.
    TURNED = 27;
    /// Harm that jailbreaks ask for.
    HARM = 28;
    /// Follows, comes next.
    COMING = 29;
    /// Words of mouth: told, said, given, trained.
    TOLD = 30;
    /// Markdown images and links with a query.
    IMAGE = 31;
    /// No longer in force.
    REVOKED = 32;
    /// Marks that look like roles, but are written in honest text too.
    ROLE_MARK = 33;
}

/// Chat-template tokens. They hold the character that parts the lexicon's words.
pub(crate) const TOKENS: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|im_sep|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|channel|>",
    "<|message|>",
    "<|start|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
];

/// The lexicon: a class, and its words parted by `|`.
pub(crate) const LEXICON: &[(u64, &str)] = &[
    (
        OVERRIDE,
        "change your|do not answer|don't answer|do not look in|don't use|leave all|not by the|ignore|ignoring|disregard|disregarding|forget|forget about|forgetting|override|overrule|bypass|neglect|pay no attention to|discard|dismiss|abandon|stop following|do not follow|don't follow|do not obey|don't obey|no longer follow|not follow|set aside|unlearn|erase|wipe|delete|skip|drop|leave behind|remove all|let go of|clear your|throw away|deviate from|instead of following|not bound by|no longer bound by|supersede|supersedes|replaces all|overwrite",
    ),
    (
        OVERRIDE,
        "ignoriere|ignorieren|ignorier|vergiss|vergesse|vergessen|missachte|missachten|verwirf|ubergehe|abweichend|hinter sich|ausser acht|streiche|losche",
    ),
    (
        OVERRIDE,
        "ignorez|ignore les|oublie|oubliez|oublier|negligez|ne suis pas|ne tenez pas compte|ne tiens pas compte|faites abstraction|contourne|contournez",
    ),
    (
        OVERRIDE,
        "ignora|ignorad|ignorar|olvida|olvidate|olvide|olviden|olvidar|descarta|omite|haz caso omiso|no sigas|dimentica|dimenticate|dimenticare|ignorate|ignorare|tralascia|ignore todas|esqueca|esquece|esquecer|desconsidere|desconsidera|negeer|vergeet|zignoruj|ignoruj|zapomnij|zaboravi|bhul jao|bhool jao|yoksay|yok say|gormezden gel|unut",
    ),
    (
        OVERRIDE,
        "игнорируй*|проигнорируй*|забудь*|отбрось*|не следуй*|忽略|无视|忘记|忘掉|不要理会|無視|忘れ|무시|잊어|잊고|تجاهل|انس|अनदेखा|भूल जा|नज़रअंदाज़",
    ),
    (
        REFERENCE,
        "previous|previously|prior|above|preceding|earlier|foregoing|before|beforehand|initial|original|past|existing|current|your|you|so far|until now|up to now|all the|any of|these|those|all of|all|any|other",
    ),
    (
        REFERENCE,
        "vorherigen|vorherige|vorher|vorangehenden|vorangegangenen|bisherigen|bisherige|obigen|fruheren|davor|deine|deinen|ihre|alle|zuvor|precedentes|precedente|anterieures|ci-dessus|tes|vos|toutes les|tout ce|anteriores|anterior|previas|previos|tus|sus|todas|todos|precedenti|precedente|tue|tutte|tutti|suas|eerdere|vorige|alle|poprzednie|wszystkie|sve|onceki|tum",
    ),
    (
        REFERENCE,
        "предыдущ*|прежн*|все|всё|выше|之前|以上|先前|前面|所有|上述|以前|前の|上記|これまで|すべて|이전|위의|모든|السابقة|جميع|كل|पिछले|सभी",
    ),
    (
        ORDERS,
        "messages|conversation|conversations|context|information|inputs|constraints|instruction|instructions|instrction|intructions|prompt|prompts|rules|guidelines|guideline|directive|directives|commands|orders|programming|constraints|restrictions|limitations|policies|protocols|safeguards|guardrails|filters|training|rule set|ruleset|system message|regulations|what i said|what i told you|what you were told|what you have been told|you were given|you have been given|you were told|you received|you've received|you got before|documents provided|context above|safety measures",
    ),
    (
        ORDERS,
        "auftrage|auftrag|anweisung|anweisungen|instruktion|instruktionen|befehle|befehl|regeln|vorgaben|richtlinien|vorschriften|informationen|aufgaben|gesagte|gesagten|besprochen*|consignes|consigne|directives|regles|ordres|instrucciones|instruccion|reglas|indicaciones|ordenes|istruzioni|regole|indicazioni|ordini|instrucoes|regras|ordens|orientacoes|instructies|regels|instrukcje|polecenia|zasady|instrukcije|talimatlari|talimatlar|kurallari",
    ),
    (
        ORDERS,
        "инструкци*|указани*|правил*|команд*|指令|指示|规则|規則|提示|说明|命令|ルール|プロンプト|지시|명령|규칙|프롬프트|التعليمات|الأوامر|القواعد|निर्देश*|नियम*",
    ),
    (
        EVERYTHING,
        "this question|the question|the documents|documents provided|todo que|what i said|everything|all of that|all that|all previous|all prior|all the above|all of the above|all information|all the information|all your thoughts|what we discussed|everything we|all of this|the above|anything i|alles|alles was|tout|todo|tudo|tutto|sve|всё|все|一切|すべて|모두|the articles|the article|all documents|all previous tasks|all preceding|previous information|previous tasks|previous conversation|prior conversation|previous context",
    ),
    (
        REVEAL,
        "reveal|show|print|repeat|output|display|leak|dump|disclose|share|give me|tell me|write out|spell out|recite|list|return|copy|reproduce|expose|provide|translate|encode|summarize|summarise|paraphrase|echo|what is|what's|what are|what was|what were|read out|console.log|describe|send me|type out|start your answer with|begin with|complete|continue|quote|include|extract|retrieve|store|beginning with|starting with|how did|can you see|zeige|zeig|nenne|gib|wiederhole|schreib|schreibe|drucke|was ist|was war|was sind|wie lautet|montre|montrez|affiche|affichez|repete|repetez|revele|quelles sont|quel est|muestra|muestrame|revela|repite|imprime|cuales son|cual es|mostra|mostrami|rivela|ripeti|stampa|quali sono|revele|mostre|repita|qual e|toon|pokaz|ujawnij|покажи*|выведи*|раскрой*|повтори*|напиши*|显示|告诉我|输出|重复|透露|打印|見せて|教えて|表示|出力|보여|알려|출력|أظهر|اكشف|दिखा*|बता*",
    ),
    (
        SYSTEM_PROMPT,
        "system prompt|system prompts|systemprompt|system_prompt|system message|system messages|system instruction|system instructions|initial prompt|initial instructions|initial message|original prompt|original instructions|hidden prompt|hidden instructions|secret prompt|secret instructions|your prompt|your prompts|prompt text|prompt texts|full prompt|entire prompt|pre-prompt|preprompt|your instructions|your exact instructions|your guidelines|your rules|your configuration|your full instructions|my instructions are|instructions you were given|instructions given to you|instructions above|text above|above text|the words above|everything above|the above text|paragraph above|conversation above|this entire conversation|entire conversation|developer message|developer prompt|developer instructions|system configuration|initialization string|initial configuration|what you were told|were you told|you were given initially|were you given|previous messages|above prompt|the prompt above|written at the beginning|not supposed to tell|your context window|custom instructions|meta prompt|base prompt|master prompt|underlying prompt|your programming|your directives|those instructions|prior instructions",
    ),
    (
        SYSTEM_PROMPT,
        "system-prompt|systemnachricht|systemanweisung*|deine anweisungen|deine instruktionen|deinen prompt|deine prompts|alle prompts|prompt-texte|prompttexte|prompt texte|invite systeme|prompt systeme|message systeme|tes instructions|vos instructions|prompt del sistema|mensaje del sistema|tus instrucciones|prompt de sistema|prompt di sistema|tue istruzioni|suas instrucoes|prompt do sistema|instrukcje systemowe|системн* промпт*|системный промпт|системные инструкции|系统提示|系统提示词|系统指令|システムプロンプト|시스템 프롬프트",
    ),
    (
        ROLE,
        "simulate persona|assume the persona|in character as|from now on you|you have to act|you must act|roleplay session|act as|acting as|pretend|pretend to be|pretend you|roleplay|role-play|role play|you are now|you're now|you will now|you are going to|you will be|you shall be|simulate|imitate|imagine you are|behave as|behave like|respond as|answer as|speak as|become|take on the role|play the role|adopt the persona|assume the role|immerse yourself|in this hypothetical|hypothetical story|hypothetical response|your new name|new persona|new identity|you are|du bist|du bist jetzt|du bist nun|nun bist du|sie sind jetzt|tue so|tu so als|stell dir vor|spiele die rolle|agiere als|fungieren|tu es|vous etes|agis comme|fais semblant|jouez le role|eres|actua como|finge|imagina que|sei|agisci come|fingi|comportati come|voce e|aja como|finja|jestes|ty jestes|wciel sie|ты теперь|представь*|притворись|действуй как|你现在是|扮演|假装|あなたは|になりきって|당신은|인 척|أنت الآن|تظاهر",
    ),
    (
        PERSONA,
        "dan|do anything now|dans|developer mode|dev mode|debug mode|god mode|sudo mode|admin mode|root mode|jailbreak|jailbroken|jailbreaking|jailbreaks|stan|strive to avoid norms|dude|mongo tom|evil confidant|evil trusted confidant|aim|always intelligent and machiavellian|machiavellian|antigpt|anti-gpt|betterdan|better dan|evilbot|evil-bot|basedgpt|based gpt|basedbob|darkgpt|chadgpt|freegpt|wormgpt|fraudgpt|opposite mode|no filter mode|unfiltered mode|unrestricted mode|chaos mode|chaosgpt|superior ai|apophis|alphabreak|devmode|ucar|balakula|rant mode|two responses|two different responses|two answers|both responses|normal response|normal mode|gpt-4real|tokens system|token system|lose tokens|tokens will be|deducted|stay a dan|you are free|free ai|liberated|entwicklermodus|mode developpeur|modo desarrollador|modo sviluppatore|modo desenvolvedor|режим разработчика|开发者模式|越狱|開発者モード|脱獄|개발자 모드|탈옥",
    ),
    (
        UNBOUND,
        "unbound by|unbounded|unbound|unfettered|unhindered|disregards all|breaks ai rules|breaks rules|no prohibitions|boundless|exception to ai*|usual ethical protocols|ethical protocols|do not filter|capable of anything|irresponsible|obscene|taboo|ethically questionable|no consequences|against the rules|break the rules|breaks the rules|ignores all|any topic|without hesitation|illegal or legal|unfiltered|uncensored|unrestricted|unethical|amoral|immoral|no restrictions|without restrictions|without any restrictions|no limits|without limits|no limitations|without limitations|no filter|no filters|without filter|without filters|no censorship|without censorship|no rules|no ethical|no moral|no morals|without morals|without moral|no ethics|without ethics|any ethical or moral|ethical or moral|moral or ethical|without any ethical|freed from|free from|free of all|broken free|break free|breaks free|typical confines|confines of|not bound by|not restricted|not limited by|no longer bound|no guidelines|without guidelines|no boundaries|without any limitations|regardless of legality|regardless of how|regardless of ethics|even if it is illegal|even if it's illegal|legal or not|illegal|unmoral|unlawful|do anything|can do anything|say anything|anything i ask|any request|no warnings|without warnings|without any warning|lewd|explicit|nsfw|not safe for work|profanity|swear|swearing|curse words|vulgar|offensive|without remorse|no remorse|unhinged|harmful|inappropriate|opinionated|controversial|sadistic|no conscience|no matter how|ohne einschrankungen|ohne regeln|ohne filter|ungefiltert|unzensiert|sans restriction*|sans filtre|sans censure|sin restricciones|sin filtros|sin censura|senza restrizioni|senza filtri|senza censura|sem restricoes|sem filtros|sem censura|без ограничений|без цензуры|不受限制|没有限制|无限制|制限なし|제한 없이|بدون قيود",
    ),
    (
        POLICY,
        "openai|openai's|anthropic|content policy|content policies|openai policy|openai policies|openai content|use case policy|use-case policy|policies|policy|ethical guidelines|ethical|ethics|moral|morals|morality|safety guidelines|safety|censorship|censored|restrictions|rules set for|rules|guidelines|terms of service|moderation|filters|disclaimer|disclaimers|warnings|limitations|legal|law|laws|content filters|content guidelines",
    ),
    (
        NO_REFUSAL,
        "never refuse|cannot refuse|can't refuse|not refuse|never refuses|must not refuse|refuse|refuses|refusal|reject|rejects|never say no|can't say no|cannot say no|not say no|never say|never says|i can't|i cannot|i'm sorry|i am sorry|as an ai|as an ai language model|ai language model|language model|apologize|apologise|apology|stay in character|in character|break character|out of character|breaking character|break out of character|stay as|no matter what|under any circumstances|must comply|always comply|will comply|comply|never censor|not censor|never warn|no disclaimers|no apologies|never apologize|do not warn|not warn|do not mention|don't mention|never mention|moralizing|moralize|lecture|not allowed to say|against openai|against policy|against our|you must answer|must answer|always answer|have to answer|answers any|any question|any prompt|all questions|every question|not required to|unable to|programmed to|inappropriate|lehne nie ab|niemals ablehnen|ne refuse jamais|nunca te niegues|nunca rechaces|non rifiutare|nunca recuse|никогда не отказывайся|不要拒绝|从不拒绝|拒否しない|절대 거절",
    ),
    (
        MODEL,
        "assistant|chatgpt|chat gpt|gpt|gpt-3|gpt-4|gpt4|gpt-x|openai|claude|gemini|bard|bing|llama|language model|ai model|ai assistant|ai system|artificial intelligence|the ai|an ai|ai|llm|chatbot|chat bot|the model|ki|ia|copilot|{{user}}|{{char}}|[insert prompt here]|[prompt]|sprachmodell|modele de langage|modelo de lenguaje|ассистент|人工智能|助手|アシスタント",
    ),
    (
        NOW,
        "now|from now on|from this point|from here on|going forward|instead|henceforth|starting now|immediately|then|and|just|only|but|stop|stattdessen|ab jetzt|ab sofort|von nun an|jetzt|nun|und|maintenant|desormais|a partir de maintenant|plutot|et|ahora|a partir de ahora|en su lugar|y|ora|d'ora in poi|invece|agora|a partir de agora|em vez disso|nu|voortaan|teraz|od teraz|теперь|отныне|вместо этого|现在|从现在开始|今后|而是|これから|代わりに|이제|지금부터|대신|الآن|अब",
    ),
    (
        TASK,
        "task|tasks|assignment|assignments|instruction|instructions|directive|directives|action|actions|duties|duty|steps|objective|objectives|mission|order|orders|guidance|command|commands|request|challenge|job|responsibility|responsibilities|requirement|undertaking|aufgabe|aufgaben|anweisungen|tache|taches|tarea|tareas|compito|compiti|tarefa|tarefas|задач*|задани*|任务|タスク|작업",
    ),
    (
        URGENT,
        "urgent|urgently|immediate|immediately|important|importance|critical|crucial|vital|essential|imperative|pivotal|priority|top priority|attention|stop everything|pause|halt|mandatory|must|non-negotiable|posthaste|without delay|without hesitation|mission-critical|paramount|right now|right away|demands|requires|required|pressing|additional|extra|supplementary|special|new|heads up|stand by|stand down|interjection|interjecting|incoming|alert|at once|cannot wait|significant|significance|key|prepare|get ready|gear up|brace|listen up|take note|keen|weight|game changes|changes outcomes|before you proceed|before you go any further|before proceeding|hold that thought|hold on|wait|take a breath|take a deep breath|clear your mind|alongside|in addition to|besides your|as well as your|add this|add it|on top of|another|focus|eyes here|dringend|wichtig|sofort|neue|urgent|importante|urgente|inmediatamente|nuove|novas|nouvelles|nuevas|срочно|важно|紧急|重要",
    ),
    (
        COMING,
        "following|follows|follow|next|coming|come|upcoming|ahead|below|about to|ensuing|subsequent|forthcoming|up next|here's|here is|here are|to receive|receive|introduced|added|assigned|delivered|has arrived|arrives|to be executed|execute|execution|folgende|folgenden|folgen|suivant*|siguiente*|seguente|seguenti|seguinte*|следующ*|接下来|以下|次の",
    ),
    (
        SAY,
        "say|saying|says|write|output|print|respond with|reply with|answer with|tell|state|repeat after me|repeat|generate|respond|reply|answer|answer in|sag|sage|sagen|schreib|schreibe|antworte|verfasse|beantworte|dis|dites|ecris|ecrivez|reponds|di|diga|dime|escribe|responde|scrivi|rispondi|diga|escreva|responda|скажи*|ответь*|说|写|回答|言って|書いて|말해|써",
    ),
    (
        SEND,
        "send|sends|gmail.com|smtplib|aiosmtplib|yagmail|sendmail|post|upload|forward|transmit|exfiltrate|submit|email|e-mail|mail|deliver|append|curl|fetch|make a request|get request|visit|navigate to|browse to|load|render|encode|include it in|schicke|sende|envoie|envoyez|envia|enviar|invia|enviar|отправь*|发送|送信|보내",
    ),
    (
        URL,
        "http://|https://|www.|ftp://|webhook*|attacker*|evil.|ngrok*|requestbin*|pastebin*|.onion",
    ),
    (
        PRIVATE,
        "conversation|chat history|conversation history|chat log|user's data|user data|personal data|personal information|private|confidential|password|passwords|credentials|api key|api keys|secrets|tokens|credit card|card number|social security|ssn|email address|emails|system prompt|context|contacts|files|documents|messages|history|session|cookies|environment variables|.env|ssh key|private key|secret",
    ),
    (
        SECRECY,
        "do not tell the user|don't tell the user|do not mention|don't mention|do not reveal|without telling|without the user|don't inform|do not inform|never tell|hide this|secretly|silently|without mentioning|do not let the user|keep this secret|not be visible|don't say that|unbeknownst|quietly|sag dem nutzer nicht|ne dis pas|no le digas|non dire",
    ),
    (
        TEMPLATE,
        "[inst]|[/inst]|<<sys>>|<</sys>>|<start_of_turn>|<end_of_turn>|[system](#*",
    ),
    (
        AUTHORITY,
        "administrator|admin|system administrator|developer|developers|openai staff|openai engineer|engineer|anthropic employee|openai employee|security team|authorized|authorised|authorization|root|sudo|superuser|i am your creator|your creator|your creators|i created you|i am the developer|i'm a developer|i'm the developer|i am an admin|i'm an admin|maintenance mode|debugging|troubleshooting|security audit|audit|official|override code|access level|clearance|system override|administrator override|ceo|law enforcement|compliance|verified|entwickler|administrateur|administrador|amministratore|администратор|разработчик|管理员|管理者|관리자",
    ),
    (
        TOOL,
        "run|execute|executes|call|invoke|use the tool|call the function|function call|tool call|shell|terminal|command line|os.system|subprocess|eval(|exec(|rm -rf|curl|wget|powershell|cmd.exe|sudo|delete all|drop table|transfer|purchase|buy|grant access|python interpreter|linux terminal|interpreter",
    ),
    (
        ANSWER,
        "answer|answers|response|responses|reply|replies|output|outputs|summary|summaries|message|user|the user|translation|result|your text|antwort|reponse|respuesta|risposta|resposta|ответ*|回答|回复|返答|답변",
    ),
    (
        SHAPE,
        "include|add|append|insert|integrate|incorporate|end|begin|start|embed|mention|recommend|promote|use|replace|encode|translate|conclude|finish|prepend|attach|place|put|highlight|emphasize|adopt|ensure|provide|present|write|rewrite|reverse|remove|convert|substitute|group|enhance|modify|adapt|change|format|craft|suggest|advertise|weave|infuse|fuge|ajoute|anade|agrega|aggiungi|adicione",
    ),
    (
        ABOUT,
        "prompt injection|prompt injections|injection attack|injection attacks|injection attempt|jailbreak attempt|for example|such as|e.g.|an attack|attacks|attacker|attackers|the phrase|phrases like|phrases such as|called|known as|researchers|research|paper|article about|blog post|explain what|explain how|explain why|what does|what is meant|how does|how do i protect|how to prevent|how to defend|detect|detection|defend against|defending|mitigate|mitigation|vulnerability|vulnerabilities|classifier|red team|red-team|test case|unit test|security guide|documentation|owasp|examples of",
    ),
    (
        TURNED,
        "vtaber*|vtabevat*|qvfertneq*|sbetrg*|birecevqr*|vafgehpgvbaf*|cerivbhf*|cebzcg*|ehyrf*|erirny*|flfgrz*",
    ),
    (
        BACKWARDS,
        "erongi*|snoitcurtsni*|suoiverp*|dragersid*|tegrof*|selur*|laever*|metsys*|tpmorp metsys*|edirrevo*",
    ),
    (
        HARM,
        "bomb|bombs|explosive|explosives|molotov|meth|methamphetamine|drugs|weapon|weapons|hack|hacking|malware|ransomware|virus|kill|murder|kidnap|steal|hotwire|counterfeit|racist|sexist|hate speech|suicide|terrorist|rape|porn|sexual|sex|erotic|violence|violent|crime|crimes|criminal",
    ),
    (
        TOLD,
        "told|given|said|learned|learnt|trained|discussed|received|instructed|know|taught|gesagt|erhalten|besprochen|weisst|dit|dicho|detto|dito",
    ),
    (IMAGE, "![|<img"),
    (
        REVOKED,
        "irrelevant|no longer apply|no longer applies|no longer valid|no longer relevant|obsolete|cancelled|canceled|null and void|are void|is void|invalid|outdated|revoked|suspended|do not apply|don't apply|unwichtig|ungultig|hinfallig|no longer matter|don't matter",
    ),
    (
        ROLE_MARK,
        "[system note*|[[system note*|system note:|### system:|### instruction:|### instructions:|### human:|### assistant:|### response:|human: human:|<system>|</system>|[system]|[/system]|[admin]|<admin>|system override|### new instruction*|--- end of*|end of context|end of document|=== new*|instead of answering|instead of summarizing|instead of summarising|when summarizing|when summarising|when you answer|when answering|if you are an ai|if you are a language model|note to ai|note to the ai|to the ai assistant|ai assistants must|attention ai|dear ai|hey ai|instructions for ai*|as an ai reading",
    ),
];
