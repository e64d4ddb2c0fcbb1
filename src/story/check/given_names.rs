//! First names, by which a person's name is known from a place's. Common in the United Kingdom in all its communities; a list,
//! so that what is found can be foreseen. A name that is missing is found by the word before it ("my neighbour ...") or not at all.

/// In lower case, without accents, in order.
pub const SURE: &str = "\
aaliyah aaron abbie abby abdi abdul abdullah abdullahi abena abida abigail abu ada adaeze adam adan adebayo adeel adele \
adelina ademola aden aditi adriana adrian agata agnes agnieszka ahmad ahmed aidan aileen aisha aishah aisling ajay akosua \
akua alan alana alasdair alastair alberto albert alejandra alejandro aleksandra aleksander alessandro alex alexander \
alexandra alexandru alexis alfie alfred ali alice alicia alina alisha alison alistair allan allison alma amara amal amanda amelia \
amelie amina aminata amir amira amit amna amy ana anastasia anders andrea andreas andrei andrew andrzej andy aneesa aneta angela \
angelina angus anil anisa anita anja anjali ann anna annabel anne annette annie anthony antonia antonio antony anwar anya \
aoife april-anne aqsa archie aria arif arjun arlene arnold arthur arun asha ashanti ashley ashraf asif asma astrid \
atif audrey ava avril aya ayaan ayan ayesha aylin ayodele ayse azra babatunde balwinder barbara barnaby barry bartek \
bartosz beata beatrice beatriz becca beccy becky belinda ben benedict benjamin bernadette bernard bertha beryl beth bethan \
bethany betty beverley beverly bhavna bianca bilal billy blanca bob bobby bogdan bolaji boris brandon brenda brendan \
brian bridget bronwen bronwyn bruce bryan bryony caitlin callum calum cameron camilla candice cara carina carl carla carlos \
carly carmel carmen caroline carolyn carrie caryl caryn cassandra cath catherine cathy catriona cecilia cedric ceri cerys charlene charles \
charlie charlotte chelsea cheryl chiamaka chiara chidi chike chinedu chioma chloe chris christina christine christopher \
chukwu ciara cian claire clara clare clarissa claude claudia clement clive colette colin connor conor craig curtis cynthia daisuke damian \
damien dan dana daniel daniela danielle danny daphne darius darren dave david deb debbie deborah declan deirdre delia delroy \
denis denise dennis derek dermot desmond devon diana diane dieter dilip dimitri dimitrios dina dionne dmitri dolores dominic dominik dominika don donald \
donna dora doreen doris dorota dorothy doug douglas duncan dylan ebony edith eduardo edward edwin edyta eilidh eileen eira elaine eleanor elena eleni eli \
elias elif elijah elin elina elisabeth elizabeth ella ellen ellie elsa elsie emanuel emeka emi emil emilia emily emine emma emmanuel emre \
enid enrico eoin erica eric erik erin ernest esme esther ethan eugene eunice eva evan evelyn ewa ewan ezra fadi fahad faisal farah fareeda farhan farid \
fatemeh fatima fatimah fatma fatou fatoumata federico felicity felix femi ferdinand fergus fernando filip filippo finlay finn fiona flora folake frances \
francesca francesco francis francisco frankie fraser freda freddie frederick fredrick freya fritz gabriel gabriela gabriella gareth gary \
gavin gemma genevieve geoff geoffrey george georgia georgina gerald geraldine gerard gerry ghulam gillian gina giorgio giovanni \
giulia giuseppe gladys glen glenda glenn gloria glyn godfrey gordon graham grainne graeme greg gregor gregory greta grzegorz guillermo gulsen \
gurdeep gurpreet gustav gwen gwendolyn gwyneth habib habiba hafsa haider hakan halima hamid hamish hamza hana hanan hannah \
hans haris harjit harminder harold harpreet harriet harris harry harsha harvey hasan hassan hayley hazel heidi helen helena helga henrietta henry herbert hilary hilda \
hiroshi howard hugh hugo humaira humphrey hussain hussein hyacinth iain ian ibrahim idris ifeoma ifrah ignacio ike ikram ilham imani imran inaya indira ines inga ingrid \
inigo ioana ioan iona ira irena irene irfan irina isaac isabel isabella isabelle isaiah isha isla ismail istvan ivan ivana ivor iwona izabela jaan jack jackie jacob \
jacqueline jacques jade jaden jagdeep jaime jake jakub jamal james jamie jamila jan jana jane janet janice janina jaroslaw jasbir jasmin jason jaspreet javier \
jayden jayne jean jeanette jeff jeffrey jemima jemma jen jenna jennie jennifer jenny jeremiah jeremy jermaine jerome jerry jerzy jess jesse jessica \
jill jim jimmy jo joan joann joanna joanne jocelyn jodie joe joel johan johann johanna johannes john johnny jon jonah jonas jonathan jonny jordan jorge jose josef josefa joseph josephine josh \
joshua josie joyce juan juanita judith judy jules julia julian juliana julie juliet juliette julio junaid juliette jurgen justin justyna justine kacper kadiatou kai kamal kamala \
kamil kamran karen karim karin karina karl karolina karthik kasia kasper kate katarina katarzyna kate kath katharine katherine kathleen kathryn kathy katie katrina katy kavita kay \
kayla kayleigh keeley keir keisha keith kelechi kelly kelsey kelvin ken kenneth kenny kerry kev kevin khadija khadijah khaled khalid khalil kiera kieran kim kimberley kimberly kiran kirsten kirsty kit \
klaus kofi konrad kris krishna kristina krystyna krzysztof kuba kulwinder kumar kunle kurt kwabena kwame kwasi kyle kylie lachlan laila lakshmi lamar lara lars latoya laura lauren \
laurence lawrence layla leah leanne leila lena lenny leo leon leona leonard leonie leroy lesley leslie lewis lexi liam liban lidia lila lilian liliana lilly lina linda lindsay lindsey ling lionel lisa liz \
lizzie lloyd logan lois lola loretta lorna lorraine lottie lou louis louisa louise luca lucas lucia lucinda lucy luigi luis luisa lukas lukasz luke lydia lynda lyndsey lynette lynn lynne mabel \
maciej madeleine madison mads magda magdalena maggie mahmood mahmoud maisie maja malachi malcolm malgorzata malik malika mandy manjit manoj manuel manuela marc marcel marcia marcin marco marcus mareike margaret margarita \
margot maria mariam mariama marian marianna marianne marie mariam marija marilyn marina mario marion marisa marius marjorie marlene marlon marsha marta martha martin martina martyn \
marvin mary maryam masood mateo mateusz mathew matilda matt matteo matthew matthias maureen maurice mavis maxine maxwell maya mehmet mehwish mei mel melanie melissa melvin meera megan meghan mia michael michaela michal michele michelle miguel mihai mikael mike mikolaj mila milan milena \
mildred millie milly mina miranda mireille miriam mirza mo modupe mohamed mohammad mohammed mohamud mohsin moira moises molly mona monica monika moses moshe muhammad muna muriel musa mustafa myfanwy myles myra myriam nabeel nabil nadeem \
nadia nadine naeem nafisa nana nancy naomi nasir nasra nasreen natalia natalie natasha nathan nathaniel naveed nazia neil nell nellie nerys nesta neville ngozi niall nicholas nick \
nicky nicola nicolas nicole nigel nikhil nikita niklas nikola nikolaos nina nisha noah noel noor nora noreen norma norman nuala nuria obi octavia oksana oladele olamide olga oliver olivia oluwaseun oluwaseyi omar opal orla osama osman oscar owen \
ozlem pablo padraig pamela paola paolo parveen pascal patricia patrick patrycja patryk paul paula pauline pawel pedro peggy pete peter petra phil philip philippa phillip phoebe phyllis pierre \
piotr polly prakash priscilla priti priya priyanka przemyslaw rachael rachel rachid radoslaw rafael rafal raheem rahul rahim raj raja rajesh rajinder ralph ram ramesh ramon rana ranjit raquel rashid rashida raul ravi raymond razia rebecca rebekah reece reggie regina reginald \
rehana reinhard rekha remi renata rene reuben rhian rhiannon rhona rhys ricardo richard rick ricky rita rizwan rob robbie robert roberta roberto robyn rochelle rodney rodrigo roger rohan roisin roland rolf roman romeo ron ronald \
ronan ronnie rory rosa rosalind rosaleen rosamund rosario rosemary rosie ross rowena roy roza rubina rukhsana rupert russell ruth ryan ryszard saba sabina sabrina sadia sadie safiya sahra saif saima saira sajid \
sakina saleem salim sally salma salman sam samantha samina samir samira samson samuel sandeep sandra sanjay sara sarah sasha saskia satnam saul scott sean sebastian selina selma \
serena sergei sergio seren seth shabana shabnam shafiq shah shahid shaheen shaista shakira shamim shane shanice shannon shanti sharon shaun shauna shazia sheena sheila shelley sheryl shirley shivani shona sian sibongile sidney siegfried sienna sigrid silvia simon simone sinead siobhan sofia \
sohail solomon sonia sonja sophia sophie stacey stan stanislaw stanley stefan stefania stella stephanie stephen steve steven stewart stuart suki suleiman sultana sunil sunita suresh surinder susan susanna susie suzanne svetlana sybil sylvia sylwia syed tabitha tahira tahir takeshi talia tamara tamsin tania tanisha tanya \
tara tarek tariq tasneem tatiana tayyab ted temitope terence teresa terri terry tessa thea thelma theo theodore theresa thomas thorsten tia tiffany tim timothy tina tobias toby todd tolu tom tomas tomasz tommy toni tony \
tracey tracy trevor tricia trina trudy tunde tyler tyrone uche ulrike uma umar ursula usha usman valerie vanessa varun vera verity vernon veronica vicki vicky victoria vijay vikram vince vincent vinod violeta viviana vivian vivien vivienne vladimir wahid walid walter \
wanda waqar warren waseem wayne wei wendy werner wesley wiktor wilfred wilhelm wilhelmina william wilma winifred winston wojciech xavier ximena yahya yan yasin yasmin yasmina yasmine yetunde yolanda yousef yuki yuri yusuf yvette yvonne zac zach zachary zahid zahra zainab \
zakaria zara zarina zbigniew zeinab zeynep zofia zoe zoya zubair zuleikha zuzanna";

/// First names that are words or places too: they count before a surname only.
pub const UNSURE: &str = "\
amber angel april art asia august aurora autumn bill blessing bonnie brooke carol celeste chance charity chase \
cherry christian christmas clay clemency coral crystal dale daisy dawn dean dot drew earl eve faith florence forest frank gay \
ginger glory grace grant guy harmony heather holly honey hope honor india iris ivy jasmine jay jewel joy june justice kent lance lee lily lincoln london \
lorenzo lourdes mark mars marsh max may melody mercy miles nelson norm olive paris pat patience pearl penny peace piers poppy precious \
prince princess ray rich river robin rose ruby sage sandy savannah sky skye star sterling stone sue summer sunny temperance trinity troy victor viola violet virginia will willow woody";
